import java.util.Map;
import org.eclipse.leshan.server.bootstrap.DefaultBootstrapHandler;
import org.eclipse.leshan.server.bootstrap.InMemoryBootstrapConfigStore;
import org.eclipse.leshan.server.bootstrap.LeshanBootstrapServer;
import org.eclipse.leshan.server.bootstrap.LeshanBootstrapServerBuilder;
import org.eclipse.leshan.server.californium.bootstrap.endpoint.CaliforniumBootstrapServerEndpointsProvider;
import org.eclipse.leshan.server.californium.bootstrap.endpoint.coap.CoapBootstrapServerProtocolProvider;
import org.eclipse.leshan.server.californium.bootstrap.endpoint.coaps.CoapsBootstrapServerProtocolProvider;
import org.eclipse.leshan.server.security.BootstrapSecurityStoreAdapter;
import org.eclipse.leshan.server.security.InMemorySecurityStore;
import org.eclipse.leshan.server.security.SecurityInfo;

/** An Eclipse Leshan bootstrap server: see {@link Program}. Takes how many milliseconds a client has to answer a request. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        int coapPort = Program.freePort();
        int coapsPort = Program.freePort();
        InMemorySecurityStore security = new InMemorySecurityStore();
        long timeoutMs = Long.parseLong(arguments[0]);
        InMemoryBootstrapConfigStore store = new InMemoryBootstrapConfigStore();
        LeshanBootstrapServer leshan = new LeshanBootstrapServerBuilder()
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
            "/api/event", events::serve));
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
