import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;

/** What happens to clients, as server-sent events to those who asked for them. */
final class EventStream {
    private final ObjectMapper json = new ObjectMapper();
    private final Set<Subscriber> subscribers = new CopyOnWriteArraySet<>();

    private record Subscriber(String endpoint, OutputStream stream) {}

    /** Answers GET /api/event[?ep=EP], for the events of one client or of all. */
    void serve(HttpExchange exchange) throws IOException {
        String query = exchange.getRequestURI().getRawQuery();
        String endpoint = query == null ? null : Program.decode(query.substring("ep=".length()));
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        OutputStream stream = exchange.getResponseBody();
        // Together, so that nothing is emitted between the line that says so and the subscription.
        synchronized (this) {
            stream.write(": open\n\n".getBytes(StandardCharsets.UTF_8));
            stream.flush();
            subscribers.add(new Subscriber(endpoint, stream));
        }
    }

    synchronized void emit(String type, String endpoint, Map<String, Object> data) {
        for (Subscriber subscriber : subscribers) {
            if (subscriber.endpoint() != null && !subscriber.endpoint().equals(endpoint)) continue;
            try {
                String event = "event: " + type + "\ndata: " + json.writeValueAsString(data) + "\n\n";
                subscriber.stream().write(event.getBytes(StandardCharsets.UTF_8));
                subscriber.stream().flush();
            } catch (IOException closed) {
                subscribers.remove(subscriber);
            }
        }
    }
}
