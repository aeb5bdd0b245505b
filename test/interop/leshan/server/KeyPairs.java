import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import org.eclipse.leshan.core.security.util.SecurityUtil;
import org.eclipse.leshan.core.util.Hex;
import org.eclipse.leshan.servers.security.InMemorySecurityStore;
import org.eclipse.leshan.servers.security.SecurityInfo;

/** PUT /api/key-pairs/EP, for a client with {"publicKey": "3059"}, or with a certificate for its endpoint name: {}. */
final class KeyPairs implements HttpHandler {
    private final InMemorySecurityStore security;

    KeyPairs(InMemorySecurityStore security) {
        this.security = security;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        String endpoint = Program.decode(exchange.getRequestURI().getRawPath().substring("/api/key-pairs/".length()));
        int status = 200;
        try {
            JsonNode publicKey = new ObjectMapper().readTree(exchange.getRequestBody()).get("publicKey");
            security.add(publicKey == null ? SecurityInfo.newX509CertInfo(endpoint) : rawKey(endpoint, publicKey.asText()));
        } catch (Exception e) {
            status = 400;
        }
        Program.answer(exchange, status, "{}".getBytes());
    }

    private static SecurityInfo rawKey(String endpoint, String hex) throws Exception {
        return SecurityInfo.newRawPublicKeyInfo(endpoint, SecurityUtil.publicKey.decode(Hex.decodeHex(hex.toCharArray())));
    }
}
