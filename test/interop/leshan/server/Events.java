import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.response.ObserveCompositeResponse;
import org.eclipse.leshan.core.response.ObserveResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.observation.ObservationListener;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.registration.RegistrationUpdate;

/** What happens at a server, as server-sent events to those who asked for them. */
final class Events {
    private final ObjectMapper json = new ObjectMapper();
    private final Set<Subscriber> subscribers = new CopyOnWriteArraySet<>();

    private record Subscriber(String endpoint, OutputStream stream) {}

    Events(LeshanServer leshan) {
        leshan.getRegistrationService().addListener(new Registrations());
        leshan.getObservationService().addListener(new Notifications());
    }

    /** Answers GET /api/event[?ep=EP], for the events of one client or of all. */
    void serve(HttpExchange exchange) throws IOException {
        String query = exchange.getRequestURI().getRawQuery();
        String endpoint = query == null ? null : URLDecoder.decode(query.substring("ep=".length()), StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        OutputStream stream = exchange.getResponseBody();
        // Together, so that nothing is emitted between the line that says so and the subscription.
        synchronized (this) {
            stream.write(": open\n\n".getBytes(StandardCharsets.UTF_8));
            stream.flush();
            subscribers.add(new Subscriber(endpoint, stream));
        }
    }

    private synchronized void emit(String type, String endpoint, Map<String, Object> data) {
        for (Subscriber subscriber : subscribers) {
            if (subscriber.endpoint() != null && !subscriber.endpoint().equals(endpoint)) continue;
            try {
                String event = "event: " + type + "\ndata: " + json.writeValueAsString(data) + "\n\n";
                subscriber.stream().write(event.getBytes(StandardCharsets.UTF_8));
                subscriber.stream().flush();
            } catch (IOException closed) {
                subscribers.remove(subscriber);
            }
        }
    }

    private final class Registrations implements RegistrationListener {
        @Override
        public void registered(Registration registration, Registration previous, Collection<Observation> dropped) {
            emit("REGISTRATION", registration.getEndpoint(), Descriptions.of(registration));
        }

        @Override
        public void updated(RegistrationUpdate update, Registration updated, Registration previous) {
            Map<String, Object> changed = new LinkedHashMap<>();
            changed.put("registrationId", update.getRegistrationId());
            changed.put("lifetime", update.getLifeTimeInSec());
            changed.put("objectLinks", update.getObjectLinks() == null ? null : Descriptions.of(update.getObjectLinks()));
            emit("UPDATED", updated.getEndpoint(), Map.of("registration", Descriptions.of(updated), "update", changed));
        }

        @Override
        public void unregistered(Registration registration, Collection<Observation> observations, boolean expired, Registration next) {
            Map<String, Object> data = Descriptions.of(registration);
            data.put("expired", expired);
            emit("DEREGISTRATION", registration.getEndpoint(), data);
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
            emit("NOTIFICATION", registration.getEndpoint(), Map.of("ep", registration.getEndpoint(), "kind", "single",
                "res", path.toString(), "val", Nodes.flatten(path, response.getContent())));
        }

        @Override
        public void onResponse(CompositeObservation observation, Registration registration, ObserveCompositeResponse response) {
            emit("NOTIFICATION", registration.getEndpoint(), Map.of("ep", registration.getEndpoint(), "kind", "composite",
                "paths", observation.getPaths().stream().map(LwM2mPath::toString).toList(),
                "val", Nodes.flatten(response.getContent())));
        }

        @Override
        public void onError(Observation observation, Registration registration, Exception error) {
            emit("NOTIFICATION_ERROR", registration.getEndpoint(),
                Map.of("ep", registration.getEndpoint(), "errormessage", String.valueOf(error)));
        }
    }
}
