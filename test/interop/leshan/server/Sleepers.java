import java.util.Map;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.queue.PresenceListener;
import org.eclipse.leshan.server.registration.Registration;

/** Holds back what is asked of a client in queue mode until it has woken up; Leshan itself refuses such a request. */
final class Sleepers implements PresenceListener {
    private static final long LONGEST_SLEEP_MS = 30_000;
    private static final long POLL_MS = 10;

    private final LeshanServer leshan;
    private final EventStream events;

    Sleepers(LeshanServer leshan, EventStream events) {
        this.leshan = leshan;
        this.events = events;
        leshan.getPresenceService().addListener(this);
    }

    @Override
    public void onAwake(Registration client) {
        events.emit("AWAKE", client.getEndpoint(), Map.of("ep", client.getEndpoint()));
    }

    @Override
    public void onSleeping(Registration client) {
        events.emit("SLEEPING", client.getEndpoint(), Map.of("ep", client.getEndpoint()));
    }

    boolean isSleeping(Registration client) {
        return client.usesQueueMode() && !leshan.getPresenceService().isClientAwake(client);
    }

    /** The registration that the client has when it is awake or has slept too long; null when it has none any more. */
    Registration awaitAwake(Registration client, String path) throws InterruptedException {
        if (!isSleeping(client)) return client;
        events.emit("DELAYED", client.getEndpoint(), Map.of("ep", client.getEndpoint(), "path", path));
        Registration current = client;
        for (long waitedMs = 0; waitedMs < LONGEST_SLEEP_MS && current != null && isSleeping(current); waitedMs += POLL_MS) {
            Thread.sleep(POLL_MS);
            current = leshan.getRegistrationService().getByEndpoint(client.getEndpoint());
        }
        return current;
    }
}
