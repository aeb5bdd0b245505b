import java.util.Map;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.server.model.VersionedModelProvider;
import org.eclipse.leshan.server.queue.StaticClientAwakeTimeProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.CaliforniumServerEndpointsProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coap.CoapServerProtocolProvider;

/** An Eclipse Leshan server: see {@link Program}. Takes for how many milliseconds a client in queue mode stays awake. */
public final class Main {
    /** Of a block-wise transfer; 8,192 by default. */
    private static final int MAX_BODY_BYTES = 32_768;

    private Main() {}

    public static void main(String[] arguments) throws Exception {
        int coapPort = Program.freePort();
        LeshanServer leshan = new LeshanServerBuilder()
            .setObjectModelProvider(new VersionedModelProvider(Models.all()))
            .setClientAwakeTimeProvider(new StaticClientAwakeTimeProvider(Integer.parseInt(arguments[0])))
            .setEndpointsProviders(new CaliforniumServerEndpointsProvider.Builder(new CoapServerProtocolProvider())
                .setConfiguration(coap -> coap.set(CoapConfig.MAX_RESOURCE_BODY_SIZE, MAX_BODY_BYTES))
                .addEndpoint("coap://127.0.0.1:" + coapPort).build())
            .build();
        EventStream events = new EventStream();
        Events.emit(leshan, events);
        leshan.start();
        Program.run(coapPort, Map.of(
            "/api/clients", new Requests(leshan, new Sleepers(leshan, events))::serve,
            "/api/event", events::serve));
    }
}
