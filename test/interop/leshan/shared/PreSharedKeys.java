import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import org.eclipse.leshan.core.util.Hex;

/** The keys of a server: PUT /api/security/EP with {"identity": "id", "key": "000102"}, and DELETE /api/security/EP, which ends its sessions. */
final class PreSharedKeys implements HttpHandler {
    private final Store store;

    /** Leshan's own, whose package is another from version to version. */
    interface Store {
        void put(String endpoint, String identity, byte[] key) throws Exception;

        void remove(String endpoint);
    }

    PreSharedKeys(Store store) {
        this.store = store;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        String endpoint = Program.decode(exchange.getRequestURI().getRawPath().substring("/api/security/".length()));
        int status = 200;
        try {
            if (exchange.getRequestMethod().equals("DELETE")) {
                store.remove(endpoint);
            } else {
                JsonNode body = new ObjectMapper().readTree(exchange.getRequestBody());
                byte[] key = Hex.decodeHex(body.get("key").asText().toCharArray());
                store.put(endpoint, body.get("identity").asText(), key);
            }
        } catch (Exception e) {
            status = 400;
        }
        Program.answer(exchange, status, "{}".getBytes());
    }
}
