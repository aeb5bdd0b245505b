import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.leshan.core.link.attributes.InvalidAttributeException;
import org.eclipse.leshan.core.link.lwm2m.attributes.DefaultLwM2mAttributeParser;
import org.eclipse.leshan.core.link.lwm2m.attributes.LwM2mAttributeSet;
import org.eclipse.leshan.core.model.LwM2mModel;
import org.eclipse.leshan.core.node.InvalidLwM2mPathException;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.codec.CodecException;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.request.CancelCompositeObservationRequest;
import org.eclipse.leshan.core.request.CancelObservationRequest;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.CreateRequest;
import org.eclipse.leshan.core.request.DeleteRequest;
import org.eclipse.leshan.core.request.DiscoverRequest;
import org.eclipse.leshan.core.request.DownlinkDeviceManagementRequest;
import org.eclipse.leshan.core.request.ExecuteRequest;
import org.eclipse.leshan.core.request.ObserveCompositeRequest;
import org.eclipse.leshan.core.request.ObserveRequest;
import org.eclipse.leshan.core.request.ReadCompositeRequest;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.request.WriteAttributesRequest;
import org.eclipse.leshan.core.request.WriteCompositeRequest;
import org.eclipse.leshan.core.request.WriteRequest;
import org.eclipse.leshan.core.request.exception.ClientSleepingException;
import org.eclipse.leshan.core.request.exception.InvalidRequestException;
import org.eclipse.leshan.core.request.exception.RequestCanceledException;
import org.eclipse.leshan.core.response.CreateResponse;
import org.eclipse.leshan.core.response.DiscoverResponse;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.response.ReadCompositeResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.registration.Deregistration;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationServiceImpl;

/**
 * What can be asked of a server over HTTP: the paths and the answers' fields are those of Leshan's own demo server, but nodes are
 * flat, see {@link Nodes}.
 *
 * <pre>
 * GET    /api/clients                          registrations
 * GET    …/EP                                  one of them
 * DELETE …/EP                                  forgets it, unknown to the client
 * GET    …/EP/PATH[?format=TLV]                Read
 * PUT    …/EP/PATH[?format&replace]            Write; body: a node
 * PUT    …/EP/PATH/file?format                 Write of a resource; body: the path of a file
 * POST   …/EP/OBJECT[?format]                  Create; body: a node, or {"110": "a"} without an instance id
 * POST   …/EP/PATH                             Execute; body: its arguments
 * DELETE …/EP/PATH                             Delete
 * GET    …/EP/PATH/discover                    Discover
 * PUT    …/EP/PATH/attributes?pmin             Write-Attributes
 * POST   …/EP/PATH/observe[?format]            Observe
 * DELETE …/EP/PATH/observe[?active]            Cancel: forget it and answer RST, or send a GET with Observe 1
 * GET    …/EP/composite?paths&pathformat&nodeformat            Read-Composite
 * PUT    …/EP/composite?nodeformat                             Write-Composite; body: a node
 * POST   …/EP/composite/observe?paths&pathformat&nodeformat    Observe-Composite
 * DELETE …/EP/composite/observe?paths[&active]                 Cancel, of just these paths
 * </pre>
 *
 * HTTP 200 means that the client answered, be it with an error; 400 a request that Leshan refuses or cannot encode, 404 an unknown
 * client or observation, 504 a client that slept on or did not answer and 500 an answer that Leshan could not decode.
 */
final class Requests {
    private static final long TIMEOUT_MS = Integer.getInteger("timeoutMs", 5_000);

    private final ObjectMapper json = new ObjectMapper();
    private final LeshanServer leshan;
    private final Sleepers sleepers;

    private record Answer(int status, Object body) {}

    private record Query(String raw, Map<String, String> parameters) {
        static Query of(String raw) {
            Map<String, String> parameters = new LinkedHashMap<>();
            for (String parameter : raw == null ? new String[0] : raw.split("&")) {
                String[] parts = parameter.split("=", 2);
                parameters.put(Program.decode(parts[0]), parts.length == 2 ? Program.decode(parts[1]) : "");
            }
            return new Query(raw, parameters);
        }

        boolean has(String name) {
            return parameters.containsKey(name);
        }

        ContentFormat format(String name) {
            return has(name) ? ContentFormat.fromName(parameters.get(name)) : null;
        }

        List<String> paths() {
            return List.of(parameters.get("paths").split(","));
        }
    }

    Requests(LeshanServer leshan, Sleepers sleepers) {
        this.leshan = leshan;
        this.sleepers = sleepers;
    }

    void serve(HttpExchange exchange) throws IOException {
        Answer answer;
        try {
            answer = dispatch(exchange);
        } catch (InvalidRequestException | InvalidLwM2mPathException | InvalidAttributeException | CodecException
            | DateTimeException | IllegalArgumentException e) {
            answer = new Answer(400, Map.of("errormessage", String.valueOf(e.getMessage())));
        } catch (ClientSleepingException e) {
            answer = new Answer(504, Map.of("errormessage", e.getMessage()));
        } catch (Exception e) {
            answer = new Answer(500, Map.of("errormessage", String.valueOf(e)));
        }
        byte[] body = json.writeValueAsBytes(answer.body());
        Program.answer(exchange, answer.status(), body);
    }

    private Answer dispatch(HttpExchange exchange) throws Exception {
        String[] segments = exchange.getRequestURI().getRawPath().substring("/api/clients".length()).split("/");
        if (segments.length < 2) {
            List<Object> registrations = new ArrayList<>();
            leshan.getRegistrationService().getAllRegistrations().forEachRemaining(one -> registrations.add(describe(one)));
            return new Answer(200, registrations);
        }
        Registration client = leshan.getRegistrationService().getByEndpoint(Program.decode(segments[1]));
        if (client == null) return missing("registered client " + Program.decode(segments[1]));
        if (segments.length == 2) {
            if (exchange.getRequestMethod().equals("DELETE")) forget(client);
            return new Answer(200, describe(client));
        }
        int verbAt = 2;
        while (verbAt < segments.length && Character.isDigit(segments[verbAt].charAt(0))) verbAt++;
        String path = "/" + String.join("/", Arrays.copyOfRange(segments, 2, verbAt));
        String verb = String.join("/", Arrays.copyOfRange(segments, verbAt, segments.length));
        Query query = Query.of(exchange.getRequestURI().getRawQuery());
        byte[] body = exchange.getRequestBody().readAllBytes();
        return verb.startsWith("composite")
            ? dispatchComposite(exchange.getRequestMethod() + " " + verb, client, query, body)
            : dispatchSingle(exchange.getRequestMethod() + " " + verb, client, new LwM2mPath(path), query, body);
    }

    private Answer dispatchSingle(String request, Registration client, LwM2mPath path, Query query, byte[] body) throws Exception {
        ContentFormat format = query.format("format");
        return switch (request) {
            case "GET " -> send(client, path, new ReadRequest(format, path.toString()));
            case "PUT " -> send(client, path, write(client, path, query, json.readTree(body)));
            case "PUT file" -> send(client, path, new WriteRequest(format, path.getObjectId(), path.getObjectInstanceId(),
                path.getResourceId(), Files.readAllBytes(Path.of(new String(body, StandardCharsets.UTF_8)))));
            case "POST " -> path.isObject()
                ? send(client, path, create(client, path, format, json.readTree(body)))
                : send(client, path, execute(path, new String(body, StandardCharsets.UTF_8)));
            case "DELETE " -> send(client, path, new DeleteRequest(path.toString()));
            case "GET discover" -> send(client, path, new DiscoverRequest(path.toString()));
            case "PUT attributes" -> send(client, path, new WriteAttributesRequest(path.toString(),
                new LwM2mAttributeSet(new DefaultLwM2mAttributeParser().parseUriQuery(query.raw()))));
            case "POST observe" -> send(client, path, new ObserveRequest(format, path.toString()));
            case "DELETE observe" -> cancel(client, path, query.has("active"));
            default -> throw new IllegalArgumentException("unknown request " + request);
        };
    }

    private Answer dispatchComposite(String request, Registration client, Query query, byte[] body) throws Exception {
        LwM2mPath root = LwM2mPath.ROOTPATH;
        ContentFormat pathFormat = query.format("pathformat");
        ContentFormat nodeFormat = query.format("nodeformat");
        return switch (request) {
            case "GET composite" -> send(client, root, new ReadCompositeRequest(pathFormat, nodeFormat, query.paths()));
            case "PUT composite" -> send(client, root,
                new WriteCompositeRequest(nodeFormat, Nodes.byPath(json.readTree(body), modelOf(client)), null));
            case "POST composite/observe" -> send(client, root,
                new ObserveCompositeRequest(pathFormat, nodeFormat, LwM2mPath.getLwM2mPathList(query.paths())));
            case "DELETE composite/observe" -> cancelComposite(client, query.paths(), query.has("active"));
            default -> throw new IllegalArgumentException("unknown request " + request);
        };
    }

    private Map<String, Object> describe(Registration client) {
        Map<String, Object> description = Descriptions.of(client);
        if (client.usesQueueMode()) description.put("sleeping", sleepers.isSleeping(client));
        return description;
    }

    private void forget(Registration client) {
        Deregistration removed = leshan.getRegistrationStore().removeRegistration(client.getId());
        if (removed == null) return;
        ((RegistrationServiceImpl) leshan.getRegistrationService())
            .fireUnregistered(removed.getRegistration(), removed.getObservations(), null);
    }

    private <T extends LwM2mResponse> Answer send(Registration registered, LwM2mPath path, DownlinkDeviceManagementRequest<T> request)
            throws InterruptedException {
        Registration client = sleepers.awaitAwake(registered, path.toString());
        if (client == null) return missing("registered client " + registered.getEndpoint());
        T response = client == registered ? leshan.send(client, request, TIMEOUT_MS) : sendToWoken(client, request);
        if (response == null) return new Answer(504, Map.of("errormessage", "the client did not answer"));
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("status", response.getCode().toString());
        body.put("success", response.isSuccess());
        if (response.getErrorMessage() != null && !response.getErrorMessage().isEmpty()) {
            body.put("errormessage", response.getErrorMessage());
        }
        if (response instanceof ReadResponse read && read.getContent() != null) {
            body.put("content", Nodes.flatten(path, read.getContent()));
        }
        if (response instanceof ReadCompositeResponse read && read.getContent() != null) {
            body.put("content", Nodes.flatten(read.getContent()));
        }
        if (response instanceof DiscoverResponse discover && discover.getObjectLinks() != null) {
            body.put("objectLinks", Links.describe(discover.getObjectLinks()));
        }
        if (response instanceof CreateResponse create && create.getLocation() != null) {
            body.put("location", create.getLocation());
        }
        return new Answer(200, body);
    }

    /** Leshan tells of the awakening before it cancels what went to the former address, and so cancels what went to the new one in between. */
    private <T extends LwM2mResponse> T sendToWoken(Registration client, DownlinkDeviceManagementRequest<T> request)
            throws InterruptedException {
        try {
            return leshan.send(client, request, TIMEOUT_MS);
        } catch (RequestCanceledException cancelled) {
            return leshan.send(leshan.getRegistrationService().getByEndpoint(client.getEndpoint()), request, TIMEOUT_MS);
        }
    }

    private WriteRequest write(Registration client, LwM2mPath path, Query query, JsonNode body) {
        boolean isUpdate = "false".equals(query.parameters().get("replace"));
        WriteRequest.Mode mode = isUpdate ? WriteRequest.Mode.UPDATE : WriteRequest.Mode.REPLACE;
        return new WriteRequest(mode, query.format("format"), path, Nodes.at(path, body, modelOf(client)));
    }

    private CreateRequest create(Registration client, LwM2mPath object, ContentFormat format, JsonNode body) {
        boolean isNamed = body.fieldNames().hasNext() && body.fieldNames().next().startsWith("/");
        return isNamed
            ? new CreateRequest(format, object.toString(), Nodes.instances(body, modelOf(client)))
            : new CreateRequest(format, object.toString(), Nodes.unnamedInstance(object, body, modelOf(client)));
    }

    private static ExecuteRequest execute(LwM2mPath path, String arguments) throws Exception {
        return arguments.isEmpty() ? new ExecuteRequest(path.toString()) : new ExecuteRequest(path.toString(), arguments);
    }

    private Answer cancel(Registration client, LwM2mPath path, boolean active) throws InterruptedException {
        if (!active) return cancelled(leshan.getObservationService().cancelObservations(client, path.toString()));
        for (Observation observation : leshan.getObservationService().getObservations(client)) {
            if (observation instanceof SingleObservation single && single.getPath().equals(path)) {
                Answer answer = send(client, path, new CancelObservationRequest(single));
                leshan.getObservationService().cancelObservation(single);
                return answer;
            }
        }
        return missing("observation of " + path);
    }

    private Answer cancelComposite(Registration client, List<String> paths, boolean active) throws InterruptedException {
        if (!active) {
            return cancelled(leshan.getObservationService().cancelCompositeObservations(client, paths.toArray(String[]::new)));
        }
        for (Observation observation : leshan.getObservationService().getObservations(client)) {
            if (observation instanceof CompositeObservation composite
                && composite.getPaths().equals(LwM2mPath.getLwM2mPathList(paths))) {
                Answer answer = send(client, LwM2mPath.ROOTPATH, new CancelCompositeObservationRequest(composite));
                leshan.getObservationService().cancelObservation(composite);
                return answer;
            }
        }
        return missing("observation of " + paths);
    }

    private static Answer cancelled(int count) {
        return new Answer(200, Map.of("cancelled", count));
    }

    private static Answer missing(String what) {
        return new Answer(404, Map.of("errormessage", "no " + what));
    }

    private LwM2mModel modelOf(Registration client) {
        return leshan.getModelProvider().getObjectModel(client);
    }
}
