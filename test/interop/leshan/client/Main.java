import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.leshan.client.LeshanClient;
import org.eclipse.leshan.client.LeshanClientBuilder;
import org.eclipse.leshan.client.object.Device;
import org.eclipse.leshan.client.object.Security;
import org.eclipse.leshan.client.object.Server;
import org.eclipse.leshan.client.resource.ObjectsInitializer;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.model.StaticModel;
import org.eclipse.leshan.core.security.util.SecurityUtil;
import org.eclipse.leshan.core.util.Hex;
import org.eclipse.leshan.core.util.datatype.ULong;
import org.eclipse.leshan.transport.californium.client.endpoint.CaliforniumClientEndpointsProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coap.CoapClientProtocolProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coaps.CoapsClientProtocolProvider;

/**
 * An Eclipse Leshan client: see {@link Program}. Takes its endpoint name, the URI of its server, the identity and the key of its
 * PSK for coaps, the length of its Connection IDs, 0 for none of its own, and its lifetime in seconds.
 *
 * <pre>
 * PUT    /api/registration       starts it
 * PUT    /api/key-pair           {"uri": "coaps://…", "own": "3082", "key": "3081", "server": "3082", "usage": 3, "root": "3082"}
 *                                what it has from now on in place of the PSK; raw public keys without usage and root
 * PUT    /api/value              what /3442/0/130 is, told to those that observe it
 * POST   /api/update             sends an Update
 * POST   /api/reconnect?resume   a handshake before the next message, which resumes the session
 * POST   /api/reconnect          one that does not
 * DELETE /api/registration       De-register
 * GET    /api/event              REGISTERED, UPDATED, DEREGISTERED, FAILED
 * </pre>
 */
public final class Main {
    /** Of a block-wise transfer; 8,192 by default. */
    private static final int MAX_BODY_BYTES = 32_768;
    /** Of a handshake; 2,000 by default. */
    private static final int RETRANSMISSION_TIMEOUT_MS = 200;
    private static final int SHORT_SERVER_ID = 1;

    private final EventStream events = new EventStream();
    private final TestObject testObject = new TestObject();
    private final String endpoint;
    private final int connectionIdLength;
    private final long lifetime;
    private LeshanClient leshan;

    private Main(String endpoint, String uri, String identity, String key, String connectionIdLength, String lifetime) throws Exception {
        this.endpoint = endpoint;
        this.connectionIdLength = Integer.parseInt(connectionIdLength);
        this.lifetime = Long.parseLong(lifetime);
        byte[] identityBytes = identity.getBytes(StandardCharsets.UTF_8);
        leshan = create(
            uri.startsWith("coaps:")
                ? Security.psk(uri, SHORT_SERVER_ID, identityBytes, Hex.decodeHex(key.toCharArray()))
                : Security.noSec(uri, SHORT_SERVER_ID),
            List.of());
    }

    private LeshanClient create(Security security, List<Certificate> trusted) {
        ObjectsInitializer objects = new ObjectsInitializer(new StaticModel(Models.all()));
        objects.setInstancesForObject(0, security);
        objects.setInstancesForObject(1, new Server(SHORT_SERVER_ID, lifetime));
        objects.setInstancesForObject(3, new Device("Eclipse Leshan", "client", "1"));
        objects.setInstancesForObject(3442, testObject);
        CaliforniumClientEndpointsProvider.Builder endpoints =
            new CaliforniumClientEndpointsProvider.Builder(
                new CoapClientProtocolProvider(), new CoapsClientProtocolProvider(), new StreamEndpoints(false), new StreamEndpoints(true));
        Configuration configuration = endpoints.createDefaultConfiguration();
        configuration.set(CoapConfig.MAX_RESOURCE_BODY_SIZE, MAX_BODY_BYTES);
        configuration.set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, connectionIdLength);
        configuration.set(DtlsConfig.DTLS_RETRANSMISSION_TIMEOUT, RETRANSMISSION_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        LeshanClient client = new LeshanClientBuilder(endpoint)
            .setObjects(objects.createAll())
            .setTrustStore(trusted)
            .setEndpointsProviders(endpoints
                .setConfiguration(configuration)
                .setClientAddress(InetAddress.getLoopbackAddress())
                .build())
            .build();
        client.addObserver(new Lifecycle(events, endpoint));
        return client;
    }

    public static void main(String[] arguments) throws Exception {
        new Main(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]).run();
    }

    private void run() throws IOException {
        Program.run(Map.of(), Map.of(
            "/api/registration", this::register,
            "/api/key-pair", this::setKeyPair,
            "/api/value", this::setValue,
            "/api/update", exchange -> {
                leshan.triggerRegistrationUpdate();
                Program.answer(exchange, 200, "{}".getBytes());
            },
            "/api/reconnect", this::reconnect,
            "/api/event", events::serve));
    }

    private void register(HttpExchange exchange) throws IOException {
        if (exchange.getRequestMethod().equals("PUT")) leshan.start();
        else leshan.stop(true);
        Program.answer(exchange, 200, "{}".getBytes());
    }

    /** Begins anew, with a Security object of raw public keys or of certificates. */
    private void setKeyPair(HttpExchange exchange) throws IOException {
        JsonNode body = new ObjectMapper().readTree(exchange.getRequestBody());
        int status = 200;
        try {
            leshan.destroy(false);
            String uri = body.get("uri").asText();
            byte[] own = bytes(body, "own");
            byte[] key = bytes(body, "key");
            byte[] server = bytes(body, "server");
            if (body.has("usage")) {
                ULong usage = ULong.valueOf(body.get("usage").asLong());
                Certificate root = SecurityUtil.certificate.decode(bytes(body, "root"));
                leshan = create(Security.x509(uri, SHORT_SERVER_ID, own, key, server, usage), List.of(root));
            } else {
                leshan = create(Security.rpk(uri, SHORT_SERVER_ID, own, key, server), List.of());
            }
        } catch (GeneralSecurityException e) {
            status = 400;
        }
        Program.answer(exchange, status, "{}".getBytes());
    }

    private static byte[] bytes(JsonNode body, String name) {
        return Hex.decodeHex(body.get(name).asText().toCharArray());
    }

    private void setValue(HttpExchange exchange) throws IOException {
        testObject.setValue(new ObjectMapper().readTree(exchange.getRequestBody()).asDouble());
        Program.answer(exchange, 200, "{}".getBytes());
    }

    private void reconnect(HttpExchange exchange) throws IOException {
        boolean resumes = "resume".equals(exchange.getRequestURI().getRawQuery());
        List<LwM2mServer> servers = new ArrayList<>(leshan.getRegisteredServers().values());
        servers.forEach(server -> leshan.getEndpoint(server).forceReconnection(server, resumes));
        Program.answer(exchange, 200, "{}".getBytes());
    }
}
