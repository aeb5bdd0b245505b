import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Executors;

/**
 * Something of Leshan on loopback, driven over HTTP. It says where on its first line, and ends with its standard input, so that it
 * never outlives the test.
 */
final class Program {
    private Program() {}

    /** That of the setting of this name; without, a free one: Californium reports port 0 as 0, not as the port it was given. */
    static int port(String name) throws IOException {
        int wanted = Integer.getInteger(name, 0);
        return wanted == 0 ? freePort() : wanted;
    }

    static int freePort() throws IOException {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Serves HTTP, by the beginning of the path, until standard input ends; `ports` are those besides that of HTTP, by their names. */
    static void run(Map<String, Integer> ports, Map<String, HttpHandler> handlers) throws IOException {
        HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.getInteger("httpPort", 0)), 0);
        http.setExecutor(Executors.newCachedThreadPool());
        handlers.forEach(http::createContext);
        http.start();
        StringBuilder started = new StringBuilder("started {\"httpPort\":" + http.getAddress().getPort());
        ports.forEach((name, port) -> started.append(",\"").append(name).append("\":").append(port));
        System.out.println(started.append('}'));
        System.in.transferTo(OutputStream.nullOutputStream());
        System.exit(0);
    }

    static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    /** A segment of a path or a part of a query; a plus is a plus. */
    static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
