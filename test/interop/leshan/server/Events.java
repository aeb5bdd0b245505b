import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.TimestampedLwM2mNodes;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.request.SendRequest;
import org.eclipse.leshan.core.response.ObserveCompositeResponse;
import org.eclipse.leshan.core.response.ObserveResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.observation.ObservationListener;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.registration.RegistrationUpdate;
import org.eclipse.leshan.server.send.SendListener;

/** Registrations, notifications and Sends, told to an event stream. */
final class Events {
    private final EventStream stream;

    private Events(EventStream stream) {
        this.stream = stream;
    }

    static void emit(LeshanServer leshan, EventStream stream) {
        Events events = new Events(stream);
        leshan.getRegistrationService().addListener(events.new Registrations());
        leshan.getObservationService().addListener(events.new Notifications());
        leshan.getSendService().addListener(events.new Sends());
    }

    private final class Registrations implements RegistrationListener {
        @Override
        public void registered(Registration registration, Registration previous, Collection<Observation> dropped) {
            stream.emit("REGISTRATION", registration.getEndpoint(), Descriptions.of(registration));
        }

        @Override
        public void updated(RegistrationUpdate update, Registration updated, Registration previous) {
            Map<String, Object> changed = new LinkedHashMap<>();
            changed.put("registrationId", update.getRegistrationId());
            changed.put("lifetime", update.getLifeTimeInSec());
            changed.put("objectLinks", update.getObjectLinks() == null ? null : Links.describe(update.getObjectLinks()));
            stream.emit("UPDATED", updated.getEndpoint(), Map.of("registration", Descriptions.of(updated), "update", changed));
        }

        @Override
        public void unregistered(Registration registration, Collection<Observation> observations, boolean expired, Registration next) {
            Map<String, Object> data = Descriptions.of(registration);
            data.put("expired", expired);
            stream.emit("DEREGISTRATION", registration.getEndpoint(), data);
        }
    }

    private final class Notifications implements ObservationListener {
        @Override
        public void newObservation(Observation observation, Registration registration) {}

        @Override
        public void cancelled(Observation observation) {}

        @Override
        public void onResponse(SingleObservation observation, Registration registration, ObserveResponse response) {
            LwM2mPath path = observation.getPath();
            Map<String, Object> data = received(registration);
            data.put("kind", "single");
            data.put("res", path.toString());
            data.put("val", Nodes.flatten(path, response.getContent()));
            data.put("timed", TimedNodes.describe(path, response));
            stream.emit("NOTIFICATION", registration.getEndpoint(), data);
        }

        @Override
        public void onResponse(CompositeObservation observation, Registration registration, ObserveCompositeResponse response) {
            Map<String, Object> data = received(registration);
            data.put("kind", "composite");
            data.put("paths", observation.getPaths().stream().map(LwM2mPath::toString).toList());
            data.put("val", Nodes.flatten(response.getContent()));
            data.put("timed", TimedNodes.describe(response));
            stream.emit("NOTIFICATION", registration.getEndpoint(), data);
        }

        @Override
        public void onError(Observation observation, Registration registration, Exception error) {
            stream.emit("NOTIFICATION_ERROR", registration.getEndpoint(),
                Map.of("ep", registration.getEndpoint(), "errormessage", String.valueOf(error)));
        }
    }

    private final class Sends implements SendListener {
        @Override
        public void dataReceived(Registration registration, TimestampedLwM2mNodes nodes, SendRequest request) {
            Map<String, Object> data = received(registration);
            data.put("timed", TimedNodes.describe(nodes));
            stream.emit("SEND", registration.getEndpoint(), data);
        }

        @Override
        public void onError(Registration registration, String errorMessage, Exception error) {
            stream.emit("SEND_ERROR", registration.getEndpoint(),
                Map.of("ep", registration.getEndpoint(), "errormessage", errorMessage));
        }
    }

    private static Map<String, Object> received(Registration registration) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("ep", registration.getEndpoint());
        data.put("receivedMs", System.currentTimeMillis());
        return data;
    }
}
