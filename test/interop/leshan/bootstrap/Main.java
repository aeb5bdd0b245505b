import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.security.cert.Certificate;
import java.util.Map;
import org.eclipse.leshan.core.security.util.SecurityUtil;
import org.eclipse.leshan.server.bootstrap.DefaultBootstrapHandler;
import org.eclipse.leshan.server.bootstrap.InMemoryBootstrapConfigStore;
import org.eclipse.leshan.server.bootstrap.LeshanBootstrapServer;
import org.eclipse.leshan.server.bootstrap.LeshanBootstrapServerBuilder;
import org.eclipse.leshan.server.californium.bootstrap.endpoint.CaliforniumBootstrapServerEndpointsProvider;
import org.eclipse.leshan.server.californium.bootstrap.endpoint.coap.CoapBootstrapServerProtocolProvider;
import org.eclipse.leshan.server.californium.bootstrap.endpoint.coaps.CoapsBootstrapServerProtocolProvider;
import org.eclipse.leshan.server.security.BootstrapSecurityStoreAdapter;
import org.eclipse.leshan.server.security.InMemorySecurityStore;
import org.eclipse.leshan.server.security.NonUniqueSecurityInfoException;
import org.eclipse.leshan.server.security.SecurityInfo;

/** An Eclipse Leshan bootstrap server: see {@link Program}. Takes how many milliseconds a client has to answer a request, and perhaps what it proves itself with. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        int coapPort = Program.freePort();
        int coapsPort = Program.freePort();
        InMemorySecurityStore security = new InMemorySecurityStore();
        long timeoutMs = Long.parseLong(arguments[0]);
        InMemoryBootstrapConfigStore store = new InMemoryBootstrapConfigStore();
        LeshanBootstrapServerBuilder builder = new LeshanBootstrapServerBuilder();
        if (arguments.length > 1) setCredentials(builder, arguments[1], arguments[2], arguments[3]);
        LeshanBootstrapServer leshan = builder
            .setTaskProvider(new Configurations.TaskProvider(store))
            .setBootstrapHandlerFactory((sender, manager, listener) ->
                new DefaultBootstrapHandler(sender, manager, listener, timeoutMs))
            .setSecurityStore(new BootstrapSecurityStoreAdapter(security))
            .setEndpointsProviders(
                new CaliforniumBootstrapServerEndpointsProvider.Builder(
                    new CoapBootstrapServerProtocolProvider(), new CoapsBootstrapServerProtocolProvider())
                    .addEndpoint("coap://127.0.0.1:" + coapPort)
                    .addEndpoint("coaps://127.0.0.1:" + coapsPort)
                    .build())
            .build();
        EventStream events = new EventStream();
        leshan.addListener(new Sessions(events));
        leshan.start();
        Program.run(Map.of("coapPort", coapPort, "coapsPort", coapsPort), Map.of(
            "/api/bootstrap", new Configurations(store)::serve,
            "/api/security", new PreSharedKeys(storeOf(security)),
            "/api/key-pairs", exchange -> addCertified(security, exchange),
            "/api/event", events::serve));
    }

    /** Files: the private key in PKCS #8, its certificate and those that certify it, and the one that is to certify clients. */
    private static void setCredentials(LeshanBootstrapServerBuilder builder, String key, String chain, String root) throws Exception {
        builder
            .setPrivateKey(SecurityUtil.privateKey.readFromFile(key))
            .setCertificateChain(SecurityUtil.certificateChain.readFromFile(chain))
            .setTrustedCertificates(new Certificate[] {SecurityUtil.certificate.readFromFile(root)});
    }

    /** PUT /api/key-pairs/EP, for a client with a certificate for its endpoint name. */
    private static void addCertified(InMemorySecurityStore security, HttpExchange exchange) throws IOException {
        int status = 200;
        try {
            String endpoint = exchange.getRequestURI().getRawPath().substring("/api/key-pairs/".length());
            security.add(SecurityInfo.newX509CertInfo(Program.decode(endpoint)));
        } catch (NonUniqueSecurityInfoException e) {
            status = 400;
        }
        Program.answer(exchange, status, "{}".getBytes());
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
