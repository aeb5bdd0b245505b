import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.Executors;
import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.link.attributes.Attribute;
import org.eclipse.leshan.core.link.attributes.InvalidAttributeException;
import org.eclipse.leshan.core.link.lwm2m.attributes.DefaultLwM2mAttributeParser;
import org.eclipse.leshan.core.link.lwm2m.attributes.LwM2mAttributeSet;
import org.eclipse.leshan.core.model.LwM2mModel;
import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.model.ResourceModel.Operations;
import org.eclipse.leshan.core.model.ResourceModel.Type;
import org.eclipse.leshan.core.node.InvalidLwM2mPathException;
import org.eclipse.leshan.core.node.LwM2mMultipleResource;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mObject;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mResourceInstance;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.node.ObjectLink;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.request.CancelObservationRequest;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.DiscoverRequest;
import org.eclipse.leshan.core.request.DownlinkDeviceManagementRequest;
import org.eclipse.leshan.core.request.ExecuteRequest;
import org.eclipse.leshan.core.request.ObserveRequest;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.request.WriteAttributesRequest;
import org.eclipse.leshan.core.request.WriteRequest;
import org.eclipse.leshan.core.request.exception.InvalidRequestException;
import org.eclipse.leshan.core.response.DiscoverResponse;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.response.ObserveCompositeResponse;
import org.eclipse.leshan.core.response.ObserveResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.core.util.Hex;
import org.eclipse.leshan.core.util.datatype.ULong;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.server.model.VersionedModelProvider;
import org.eclipse.leshan.server.observation.ObservationListener;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.registration.RegistrationUpdate;
import org.eclipse.leshan.transport.californium.server.endpoint.CaliforniumServerEndpointsProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coap.CoapServerProtocolProvider;

/**
 * An Eclipse Leshan server on loopback, driven over HTTP: the paths, the answers' fields and the names of the events are those of
 * Leshan's own demo server, but a node is always the flat object {"/3/0/9": 100, "/3/0/7/0": 3800}, which tests compare as it is.
 *
 * <pre>
 * GET    /api/clients                          registrations
 * GET    /api/clients/EP/PATH[?format=TLV]     Read
 * PUT    /api/clients/EP/PATH[?format&replace] Write; body: a node
 * POST   /api/clients/EP/PATH                  Execute; body: its arguments
 * GET    /api/clients/EP/PATH/discover         Discover
 * PUT    /api/clients/EP/PATH/attributes?pmin  Write-Attributes
 * POST   /api/clients/EP/PATH/observe[?format] Observe
 * DELETE /api/clients/EP/PATH/observe[?active] Cancel: forget it and answer RST, or send a GET with Observe 1
 * GET    /api/event[?ep=EP]                    server-sent events
 * </pre>
 *
 * HTTP 200 means that the client answered, be it with an error; 400 an invalid request, 404 an unknown client, 504 a timeout and
 * 500 an answer that Leshan could not decode. The process ends with its standard input, so it never outlives the test.
 */
public final class LeshanServer {
    private static final long TIMEOUT_MS = 5_000;
    private static final long MAX_SAFE_INTEGER = (1L << 53) - 1;

    private final ObjectMapper json = new ObjectMapper();
    private final Set<Subscriber> subscribers = new CopyOnWriteArraySet<>();
    private final org.eclipse.leshan.server.LeshanServer leshan;

    private record Subscriber(String endpoint, OutputStream stream) {}

    private record Answer(int status, Object body) {}

    public static void main(String[] arguments) throws Exception {
        int coapPort = freePort();
        LeshanServer server = new LeshanServer(coapPort);
        HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.setExecutor(Executors.newCachedThreadPool());
        http.createContext("/api/clients", server::serveClients);
        http.createContext("/api/event", server::serveEvents);
        http.start();
        System.out.println("started {\"coapPort\":" + coapPort + ",\"httpPort\":" + http.getAddress().getPort() + "}");
        System.in.transferTo(OutputStream.nullOutputStream());
        System.exit(0);
    }

    /** Californium reports port 0 as 0, not as the port it was given. */
    private static int freePort() throws IOException {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private LeshanServer(int coapPort) {
        List<ObjectModel> models = new ArrayList<>(ObjectLoader.loadAllDefault());
        models.add(temperature("1.0"));
        models.add(temperature("1.1"));
        leshan = new LeshanServerBuilder()
            .setObjectModelProvider(new VersionedModelProvider(models))
            .setEndpointsProviders(new CaliforniumServerEndpointsProvider.Builder(new CoapServerProtocolProvider())
                .addEndpoint("coap://127.0.0.1:" + coapPort).build())
            .build();
        leshan.getRegistrationService().addListener(new RegistrationEvents());
        leshan.getObservationService().addListener(new NotificationEvents());
        leshan.start();
    }

    /** The registry's object 3303, which the library does not bring. */
    private static ObjectModel temperature(String version) {
        return new ObjectModel(3303, "Temperature", "", version, true, false,
            resource(5700, "Sensor Value", Operations.R, Type.FLOAT),
            resource(5701, "Sensor Units", Operations.R, Type.STRING),
            resource(5601, "Min Measured Value", Operations.R, Type.FLOAT),
            resource(5602, "Max Measured Value", Operations.R, Type.FLOAT),
            resource(5603, "Min Range Value", Operations.R, Type.FLOAT),
            resource(5604, "Max Range Value", Operations.R, Type.FLOAT),
            resource(5605, "Reset Min and Max Measured Values", Operations.E, Type.NONE));
    }

    private static ResourceModel resource(int id, String name, Operations operations, Type type) {
        return new ResourceModel(id, name, operations, false, false, type, "", "", "");
    }

    // ── requests ──

    private void serveClients(HttpExchange exchange) throws IOException {
        Answer answer;
        try {
            answer = dispatch(exchange);
        } catch (InvalidRequestException | InvalidLwM2mPathException | InvalidAttributeException | IllegalArgumentException e) {
            answer = new Answer(400, Map.of("errormessage", String.valueOf(e.getMessage())));
        } catch (Exception e) {
            answer = new Answer(500, Map.of("errormessage", String.valueOf(e)));
        }
        byte[] body = json.writeValueAsBytes(answer.body());
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(answer.status(), body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private Answer dispatch(HttpExchange exchange) throws Exception {
        String[] segments = exchange.getRequestURI().getRawPath().substring("/api/clients".length()).split("/");
        if (segments.length < 2) {
            List<Object> registrations = new ArrayList<>();
            leshan.getRegistrationService().getAllRegistrations().forEachRemaining(one -> registrations.add(describe(one)));
            return new Answer(200, registrations);
        }
        Registration client = leshan.getRegistrationService().getByEndpoint(decode(segments[1]));
        if (client == null) {
            return new Answer(404, Map.of("errormessage", "no registered client " + decode(segments[1])));
        }
        if (segments.length == 2) {
            return new Answer(200, describe(client));
        }
        String last = segments[segments.length - 1];
        boolean isVerb = !Character.isDigit(last.charAt(0));
        String path = "/" + String.join("/", Arrays.copyOfRange(segments, 2, segments.length - (isVerb ? 1 : 0)));
        String query = exchange.getRequestURI().getRawQuery() == null ? "" : exchange.getRequestURI().getRawQuery();
        ContentFormat format = formatOf(query);
        return switch (exchange.getRequestMethod() + (isVerb ? " " + last : "")) {
            case "GET" -> send(client, path, new ReadRequest(format, path));
            case "PUT" -> send(client, path, writeOf(exchange, client, path, format, query));
            case "POST" -> send(client, path, executeOf(exchange, path));
            case "GET discover" -> send(client, path, new DiscoverRequest(path));
            case "PUT attributes" -> send(client, path, new WriteAttributesRequest(path,
                new LwM2mAttributeSet(new DefaultLwM2mAttributeParser().parseUriQuery(query))));
            case "POST observe" -> send(client, path, new ObserveRequest(format, path));
            case "DELETE observe" -> cancel(client, path, query.contains("active"));
            default -> throw new IllegalArgumentException("unknown request");
        };
    }

    private <T extends LwM2mResponse> Answer send(Registration client, String path, DownlinkDeviceManagementRequest<T> request)
            throws InterruptedException {
        T response = leshan.send(client, request, TIMEOUT_MS);
        if (response == null) {
            return new Answer(504, Map.of("errormessage", "the client did not answer"));
        }
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("status", response.getCode().toString());
        body.put("success", response.isSuccess());
        if (response.getErrorMessage() != null && !response.getErrorMessage().isEmpty()) {
            body.put("errormessage", response.getErrorMessage());
        }
        if (response instanceof ReadResponse read && read.getContent() != null) {
            body.put("content", flatten(new LwM2mPath(path), read.getContent()));
        }
        if (response instanceof DiscoverResponse discover && discover.getObjectLinks() != null) {
            body.put("objectLinks", describe(discover.getObjectLinks()));
        }
        return new Answer(200, body);
    }

    private WriteRequest writeOf(HttpExchange exchange, Registration client, String path, ContentFormat format, String query)
            throws IOException {
        WriteRequest.Mode mode = query.contains("replace=false") ? WriteRequest.Mode.UPDATE : WriteRequest.Mode.REPLACE;
        LwM2mModel model = leshan.getModelProvider().getObjectModel(client);
        LwM2mPath target = new LwM2mPath(path);
        return new WriteRequest(mode, format, target, nodeOf(target, json.readTree(exchange.getRequestBody()), model));
    }

    private static ExecuteRequest executeOf(HttpExchange exchange, String path) throws Exception {
        String arguments = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        return arguments.isEmpty() ? new ExecuteRequest(path) : new ExecuteRequest(path, arguments);
    }

    private Answer cancel(Registration client, String path, boolean active) throws InterruptedException {
        if (!active) {
            return new Answer(200, Map.of("cancelled", leshan.getObservationService().cancelObservations(client, path)));
        }
        for (Observation observation : leshan.getObservationService().getObservations(client)) {
            if (observation instanceof SingleObservation single && single.getPath().toString().equals(path)) {
                Answer answer = send(client, path, new CancelObservationRequest(single));
                leshan.getObservationService().cancelObservation(single);
                return answer;
            }
        }
        return new Answer(404, Map.of("errormessage", "no observation of " + path));
    }

    private static ContentFormat formatOf(String query) {
        for (String parameter : query.split("&")) {
            if (parameter.startsWith("format=")) {
                return ContentFormat.fromName(parameter.substring("format=".length()));
            }
        }
        return null;
    }

    private static String decode(String segment) {
        return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    // ── nodes ──

    private static Map<String, Object> flatten(LwM2mPath path, LwM2mNode node) {
        Map<String, Object> values = new LinkedHashMap<>();
        collect(path, node, values);
        return values;
    }

    private static void collect(LwM2mPath path, LwM2mNode node, Map<String, Object> values) {
        if (node instanceof LwM2mObject object) {
            object.getInstances().forEach((id, instance) -> collect(path.append(id), instance, values));
        } else if (node instanceof LwM2mObjectInstance instance) {
            instance.getResources().forEach((id, resource) -> collect(path.append(id), resource, values));
        } else if (node instanceof LwM2mResource resource && resource.isMultiInstances()) {
            resource.getInstances().forEach((id, instance) -> collect(path.append(id), instance, values));
        } else if (node instanceof LwM2mResource resource) {
            values.put(path.toString(), plain(resource.getValue()));
        } else if (node instanceof LwM2mResourceInstance instance) {
            values.put(path.toString(), plain(instance.getValue()));
        }
    }

    /** A JSON value; an integer that JavaScript would round is a string, a time is ISO 8601, bytes are hexadecimal. */
    private static Object plain(Object value) {
        if (value instanceof Long number) return Math.abs(number) <= MAX_SAFE_INTEGER ? number : number.toString();
        if (value instanceof Date date) return date.toInstant().toString();
        if (value instanceof byte[] bytes) return Hex.encodeHexString(bytes);
        if (value instanceof ObjectLink link) return link.encodeToString();
        if (value instanceof ULong || value instanceof Link[]) return String.valueOf(value);
        return value;
    }

    private static LwM2mNode nodeOf(LwM2mPath target, JsonNode body, LwM2mModel model) {
        Map<LwM2mPath, Map<Integer, Object>> instancesOf = new TreeMap<>();
        Map<Integer, LwM2mResource> resources = new TreeMap<>();
        body.fields().forEachRemaining(field -> {
            LwM2mPath path = new LwM2mPath(field.getKey());
            ResourceModel definition = model.getResourceModel(path.getObjectId(), path.getResourceId());
            Object value = typed(definition.type, field.getValue());
            if (path.isResource()) {
                resources.put(path.getResourceId(), LwM2mSingleResource.newResource(path.getResourceId(), value, definition.type));
            } else {
                Map<Integer, Object> instances = instancesOf.computeIfAbsent(path.toResourcePath(), key -> new TreeMap<>());
                instances.put(path.getResourceInstanceId(), value);
                resources.put(path.getResourceId(),
                    LwM2mMultipleResource.newResource(path.getResourceId(), instances, definition.type));
            }
        });
        if (target.isObjectInstance()) return new LwM2mObjectInstance(target.getObjectInstanceId(), resources.values());
        LwM2mResource resource = resources.get(target.getResourceId());
        if (resource == null) throw new IllegalArgumentException("no value for " + target);
        return target.isResourceInstance() ? resource.getInstance(target.getResourceInstanceId()) : resource;
    }

    private static Object typed(Type type, JsonNode value) {
        return switch (type) {
            case INTEGER -> Long.valueOf(value.asText());
            case UNSIGNED_INTEGER -> ULong.valueOf(value.asText());
            case FLOAT -> value.asDouble();
            case BOOLEAN -> value.asBoolean();
            case TIME -> Date.from(Instant.parse(value.asText()));
            case OPAQUE -> Hex.decodeHex(value.asText().toCharArray());
            case OBJLNK -> ObjectLink.decodeFromString(value.asText());
            default -> value.asText();
        };
    }

    private static Map<String, Object> describe(Registration registration) {
        Map<String, Object> description = new LinkedHashMap<>();
        description.put("endpoint", registration.getEndpoint());
        description.put("registrationId", registration.getId());
        description.put("address", registration.getAddress().getHostAddress() + ":" + registration.getPort());
        description.put("lwM2mVersion", registration.getLwM2mVersion().toString());
        description.put("lifetime", registration.getLifeTimeInSec());
        description.put("bindingMode", String.valueOf(registration.getBindingMode()));
        description.put("queuemode", registration.usesQueueMode());
        description.put("rootPath", registration.getRootPath());
        description.put("objectLinks", describe(registration.getSortedObjectLinks()));
        description.put("additionalRegistrationAttributes", registration.getAdditionalRegistrationAttributes());
        return description;
    }

    private static List<Object> describe(Link[] links) {
        List<Object> descriptions = new ArrayList<>();
        for (Link link : links) {
            Map<String, Object> attributes = new LinkedHashMap<>();
            for (Attribute attribute : link.getAttributes()) {
                attributes.put(attribute.getName(), attribute.hasValue() ? attribute.getCoreLinkValue() : null);
            }
            descriptions.add(Map.of("url", link.getUriReference(), "attributes", attributes));
        }
        return descriptions;
    }

    // ── events ──

    private void serveEvents(HttpExchange exchange) throws IOException {
        String query = exchange.getRequestURI().getRawQuery();
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        OutputStream stream = exchange.getResponseBody();
        stream.write(": open\n\n".getBytes(StandardCharsets.UTF_8));
        stream.flush();
        subscribers.add(new Subscriber(query == null ? null : decode(query.substring("ep=".length())), stream));
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

    private final class RegistrationEvents implements RegistrationListener {
        @Override
        public void registered(Registration registration, Registration previous, Collection<Observation> dropped) {
            emit("REGISTRATION", registration.getEndpoint(), describe(registration));
        }

        @Override
        public void updated(RegistrationUpdate update, Registration updated, Registration previous) {
            Map<String, Object> changed = new LinkedHashMap<>();
            changed.put("registrationId", update.getRegistrationId());
            changed.put("lifetime", update.getLifeTimeInSec());
            changed.put("objectLinks", update.getObjectLinks() == null ? null : describe(update.getObjectLinks()));
            emit("UPDATED", updated.getEndpoint(), Map.of("registration", describe(updated), "update", changed));
        }

        @Override
        public void unregistered(Registration registration, Collection<Observation> observations, boolean expired, Registration next) {
            Map<String, Object> data = describe(registration);
            data.put("expired", expired);
            emit("DEREGISTRATION", registration.getEndpoint(), data);
        }
    }

    private final class NotificationEvents implements ObservationListener {
        @Override
        public void newObservation(Observation observation, Registration registration) {}

        @Override
        public void cancelled(Observation observation) {}

        @Override
        public void onResponse(SingleObservation observation, Registration registration, ObserveResponse response) {
            LwM2mPath path = observation.getPath();
            emit("NOTIFICATION", registration.getEndpoint(), Map.of("ep", registration.getEndpoint(), "res", path.toString(),
                "val", flatten(path, response.getContent())));
        }

        @Override
        public void onResponse(CompositeObservation observation, Registration registration, ObserveCompositeResponse response) {}

        @Override
        public void onError(Observation observation, Registration registration, Exception error) {
            emit("NOTIFICATION_ERROR", registration.getEndpoint(),
                Map.of("ep", registration.getEndpoint(), "errormessage", String.valueOf(error)));
        }
    }
}
