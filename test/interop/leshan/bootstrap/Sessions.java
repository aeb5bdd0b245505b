import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.peer.LwM2mPeer;
import org.eclipse.leshan.core.request.BootstrapDownlinkRequest;
import org.eclipse.leshan.core.request.BootstrapRequest;
import org.eclipse.leshan.core.request.BootstrapWriteRequest;
import org.eclipse.leshan.core.response.BootstrapDiscoverResponse;
import org.eclipse.leshan.core.response.BootstrapReadResponse;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.server.bootstrap.BootstrapFailureCause;
import org.eclipse.leshan.server.bootstrap.BootstrapSession;
import org.eclipse.leshan.server.bootstrap.BootstrapSessionListener;

/** The course of every bootstrap session, told to an event stream, without what is written. */
final class Sessions implements BootstrapSessionListener {
    private final EventStream stream;

    Sessions(EventStream stream) {
        this.stream = stream;
    }

    @Override
    public void sessionInitiated(BootstrapRequest request, LwM2mPeer client) {}

    @Override
    public void unAuthorized(BootstrapRequest request, LwM2mPeer client) {
        stream.emit("UNAUTHORIZED", request.getEndpointName(), Map.of("ep", request.getEndpointName()));
    }

    @Override
    public void authorized(BootstrapSession session) {
        emit("AUTHORIZED", session, Map.of());
    }

    @Override
    public void noConfig(BootstrapSession session) {
        emit("NO_CONFIG", session, Map.of());
    }

    @Override
    public void sendRequest(BootstrapSession session, BootstrapDownlinkRequest<? extends LwM2mResponse> request) {
        emit("REQUEST", session, describe(request));
    }

    @Override
    public void onResponseSuccess(BootstrapSession session, BootstrapDownlinkRequest<? extends LwM2mResponse> request,
            LwM2mResponse response) {
        Map<String, Object> answer = describe(request);
        answer.put("status", response.getCode().toString());
        if (response instanceof BootstrapReadResponse read) {
            answer.put("content", Nodes.flatten(request.getPath(), read.getContent()));
        }
        if (response instanceof BootstrapDiscoverResponse discover) {
            answer.put("objectLinks", Links.describe(discover.getObjectLinks()));
        }
        emit("RESPONSE", session, answer);
    }

    @Override
    public void onResponseError(BootstrapSession session, BootstrapDownlinkRequest<? extends LwM2mResponse> request,
            LwM2mResponse response) {
        Map<String, Object> answer = describe(request);
        answer.put("status", response.getCode().toString());
        answer.put("errormessage", String.valueOf(response.getErrorMessage()));
        emit("RESPONSE", session, answer);
    }

    @Override
    public void onRequestFailure(BootstrapSession session, BootstrapDownlinkRequest<? extends LwM2mResponse> request,
            Throwable cause) {
        Map<String, Object> failure = describe(request);
        failure.put("errormessage", String.valueOf(cause));
        emit("REQUEST_FAILED", session, failure);
    }

    @Override
    public void end(BootstrapSession session) {
        emit("FINISHED", session, Map.of());
    }

    @Override
    public void failed(BootstrapSession session, BootstrapFailureCause cause) {
        emit("FAILED", session, Map.of("cause", cause.name()));
    }

    /** {"operation": "BootstrapWrite", "path": "/0/1", "format": "TLV"} */
    private static Map<String, Object> describe(BootstrapDownlinkRequest<? extends LwM2mResponse> request) {
        Map<String, Object> description = new LinkedHashMap<>();
        description.put("operation", request.getClass().getSimpleName().replace("Request", ""));
        LwM2mPath path = request.getPath();
        if (path != null) description.put("path", path.toString());
        if (request instanceof BootstrapWriteRequest write) description.put("format", write.getContentFormat().getName());
        return description;
    }

    private void emit(String type, BootstrapSession session, Map<String, Object> data) {
        Map<String, Object> event = new LinkedHashMap<>(data);
        event.put("ep", session.getEndpoint());
        event.put("session", session.getId());
        stream.emit(type, session.getEndpoint(), event);
    }
}
