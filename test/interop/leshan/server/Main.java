import java.security.cert.Certificate;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.DTLSConnector;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.leshan.core.endpoint.Protocol;
import org.eclipse.leshan.core.security.util.SecurityUtil;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.server.model.VersionedModelProvider;
import org.eclipse.leshan.server.queue.StaticClientAwakeTimeProvider;
import org.eclipse.leshan.servers.security.InMemorySecurityStore;
import org.eclipse.leshan.servers.security.SecurityInfo;
import org.eclipse.leshan.transport.californium.server.endpoint.CaliforniumServerEndpoint;
import org.eclipse.leshan.transport.californium.server.endpoint.CaliforniumServerEndpointsProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coap.CoapServerProtocolProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coaps.CoapsServerProtocolProvider;

/**
 * An Eclipse Leshan server: see {@link Program}. Takes for how many milliseconds a client in queue mode stays awake, the length
 * of its Connection IDs, 0 to find clients by their addresses, and perhaps what it proves itself with, over TLS, too. DELETE /api/sessions forgets everything of DTLS, unknown to the clients.
 */
public final class Main {
    /** Of a block-wise transfer; 8,192 in Leshan. Setting `maximumBodyBytes`. */
    private static final int MAX_BODY_BYTES = Integer.getInteger("maximumBodyBytes", 32_768);

    private Main() {}

    public static void main(String[] arguments) throws Exception {
        int coapPort = Program.port("coapPort");
        int coapsPort = Program.port("coapsPort");
        int coapTcpPort = Program.port("coapTcpPort");
        int coapsTcpPort = Program.port("coapsTcpPort");
        boolean hasCertificate = arguments.length > 2;
        InMemorySecurityStore security = new InMemorySecurityStore();
        LeshanServerBuilder builder = new LeshanServerBuilder();
        if (hasCertificate) setCredentials(builder, arguments[2], arguments[3], arguments[4]);
        CaliforniumServerEndpointsProvider.Builder endpoints =
            new CaliforniumServerEndpointsProvider.Builder(
                new CoapServerProtocolProvider(), new CoapsServerProtocolProvider(), new StreamEndpoints(false), new StreamEndpoints(true))
                .setConfiguration((Configuration coap) -> configure(coap, Integer.parseInt(arguments[1])))
                .addEndpoint("coap://127.0.0.1:" + coapPort)
                .addEndpoint("coaps://127.0.0.1:" + coapsPort)
                .addEndpoint("coap+tcp://127.0.0.1:" + coapTcpPort);
        if (hasCertificate) endpoints.addEndpoint("coaps+tcp://127.0.0.1:" + coapsTcpPort);
        LeshanServer leshan = builder
            .setObjectModelProvider(new VersionedModelProvider(Models.all()))
            .setClientAwakeTimeProvider(new StaticClientAwakeTimeProvider(Integer.parseInt(arguments[0])))
            .setSecurityStore(security)
            .setEndpointsProviders(endpoints.build())
            .build();
        EventStream events = new EventStream();
        Events.emit(leshan, events);
        leshan.start();
        Map<String, Integer> ports =
            Map.of("coapPort", coapPort, "coapsPort", coapsPort, "coapTcpPort", coapTcpPort, "coapsTcpPort", coapsTcpPort);
        Program.run(ports, Map.of(
            "/api/clients", new Requests(leshan, new Sleepers(leshan, events))::serve,
            "/api/security", new PreSharedKeys(storeOf(security)),
            "/api/key-pairs", new KeyPairs(security),
            "/api/sessions", exchange -> {
                connectorOf(leshan).clearConnectionState();
                Program.answer(exchange, 200, "{}".getBytes());
            },
            "/api/event", events::serve));
    }

    /** Files: the private key in PKCS #8, its certificate and those that certify it, and the one that is to certify clients. */
    private static void setCredentials(LeshanServerBuilder builder, String key, String chain, String root) throws Exception {
        builder
            .setPrivateKey(SecurityUtil.privateKey.readFromFile(key))
            .setCertificateChain(SecurityUtil.certificateChain.readFromFile(chain))
            .setTrustedCertificates(new Certificate[] {SecurityUtil.certificate.readFromFile(root)});
    }

    private static void configure(Configuration configuration, int connectionIdLength) {
        configuration.set(CoapConfig.MAX_RESOURCE_BODY_SIZE, MAX_BODY_BYTES);
        configuration.set(CoapConfig.PREFERRED_BLOCK_SIZE, Integer.getInteger("blockBytes", 512));
        configuration.set(CoapConfig.ACK_TIMEOUT, Integer.getInteger("ackTimeoutMs", 2_000), TimeUnit.MILLISECONDS);
        configuration.set(CoapConfig.MAX_RETRANSMIT, Integer.getInteger("maxRetransmit", 4));
        configuration.set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, connectionIdLength);
    }

    private static DTLSConnector connectorOf(LeshanServer leshan) {
        CaliforniumServerEndpoint endpoint = (CaliforniumServerEndpoint) leshan.getEndpoint(Protocol.COAPS);
        return (DTLSConnector) endpoint.getCoapEndpoint().getConnector();
    }

    private static PreSharedKeys.Store storeOf(InMemorySecurityStore security) {
        return new PreSharedKeys.Store() {
            @Override
            public void put(String endpoint, String identity, byte[] key) throws Exception {
                security.add(SecurityInfo.newPreSharedKeyInfo(endpoint, identity, key));
            }

            @Override
            public void remove(String endpoint) {
                security.remove(endpoint, true);
            }
        };
    }
}
