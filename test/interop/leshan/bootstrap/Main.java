import java.util.Map;
import org.eclipse.leshan.server.bootstrap.DefaultBootstrapHandler;
import org.eclipse.leshan.server.bootstrap.InMemoryBootstrapConfigStore;
import org.eclipse.leshan.server.bootstrap.LeshanBootstrapServer;
import org.eclipse.leshan.server.bootstrap.LeshanBootstrapServerBuilder;
import org.eclipse.leshan.server.californium.bootstrap.endpoint.CaliforniumBootstrapServerEndpointsProvider;
import org.eclipse.leshan.server.californium.bootstrap.endpoint.coap.CoapBootstrapServerProtocolProvider;

/** An Eclipse Leshan bootstrap server: see {@link Program}. Takes how many milliseconds a client has to answer a request. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        int coapPort = Program.freePort();
        long timeoutMs = Long.parseLong(arguments[0]);
        InMemoryBootstrapConfigStore store = new InMemoryBootstrapConfigStore();
        LeshanBootstrapServer leshan = new LeshanBootstrapServerBuilder()
            .setTaskProvider(new Configurations.TaskProvider(store))
            .setBootstrapHandlerFactory((sender, manager, listener) ->
                new DefaultBootstrapHandler(sender, manager, listener, timeoutMs))
            .setEndpointsProviders(new CaliforniumBootstrapServerEndpointsProvider.Builder(new CoapBootstrapServerProtocolProvider())
                .addEndpoint("coap://127.0.0.1:" + coapPort).build())
            .build();
        EventStream events = new EventStream();
        leshan.addListener(new Sessions(events));
        leshan.start();
        Program.run(coapPort, Map.of("/api/bootstrap", new Configurations(store)::serve, "/api/event", events::serve));
    }
}
