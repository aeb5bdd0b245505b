import java.util.Map;
import org.eclipse.leshan.client.observer.LwM2mClientObserverAdapter;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.ResponseCode;
import org.eclipse.leshan.core.request.DeregisterRequest;
import org.eclipse.leshan.core.request.RegisterRequest;
import org.eclipse.leshan.core.request.UpdateRequest;

/** What becomes of the registration, told to an event stream. */
final class Lifecycle extends LwM2mClientObserverAdapter {
    private final EventStream stream;
    private final String endpoint;

    Lifecycle(EventStream stream, String endpoint) {
        this.stream = stream;
        this.endpoint = endpoint;
    }

    @Override
    public void onRegistrationSuccess(LwM2mServer server, RegisterRequest request, String registrationId) {
        stream.emit("REGISTERED", endpoint, Map.of("registrationId", registrationId));
    }

    @Override
    public void onRegistrationFailure(LwM2mServer server, RegisterRequest request, ResponseCode code, String message, Exception cause) {
        failed("Register", code == null ? String.valueOf(cause) : code.toString());
    }

    @Override
    public void onRegistrationTimeout(LwM2mServer server, RegisterRequest request) {
        failed("Register", "timeout");
    }

    @Override
    public void onUpdateSuccess(LwM2mServer server, UpdateRequest request) {
        stream.emit("UPDATED", endpoint, Map.of());
    }

    @Override
    public void onUpdateFailure(LwM2mServer server, UpdateRequest request, ResponseCode code, String message, Exception cause) {
        failed("Update", code == null ? String.valueOf(cause) : code.toString());
    }

    @Override
    public void onUpdateTimeout(LwM2mServer server, UpdateRequest request) {
        failed("Update", "timeout");
    }

    @Override
    public void onDeregistrationSuccess(LwM2mServer server, DeregisterRequest request) {
        stream.emit("DEREGISTERED", endpoint, Map.of());
    }

    @Override
    public void onUnexpectedError(Throwable cause) {
        failed("anything", String.valueOf(cause));
    }

    private void failed(String operation, String cause) {
        stream.emit("FAILED", endpoint, Map.of("operation", operation, "cause", cause));
    }
}
