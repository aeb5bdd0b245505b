import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.server.model.VersionedModelProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.CaliforniumServerEndpointsProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coap.CoapServerProtocolProvider;

/**
 * An Eclipse Leshan server on loopback, driven over HTTP. It says where on its first line, and ends with its standard input, so
 * that it never outlives the test.
 */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        int coapPort = freePort();
        LeshanServer leshan = new LeshanServerBuilder()
            .setObjectModelProvider(new VersionedModelProvider(Models.all()))
            .setEndpointsProviders(new CaliforniumServerEndpointsProvider.Builder(new CoapServerProtocolProvider())
                .addEndpoint("coap://127.0.0.1:" + coapPort).build())
            .build();
        HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.setExecutor(Executors.newCachedThreadPool());
        http.createContext("/api/clients", new Requests(leshan)::serve);
        http.createContext("/api/event", new Events(leshan)::serve);
        leshan.start();
        http.start();
        System.out.println("started {\"coapPort\":" + coapPort + ",\"httpPort\":" + http.getAddress().getPort() + "}");
        System.in.transferTo(OutputStream.nullOutputStream());
        System.exit(0);
    }

    /** Californium reports port 0 as 0, not as the port it was given. */
    private static int freePort() throws IOException {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
