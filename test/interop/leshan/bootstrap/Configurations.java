import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.eclipse.leshan.core.request.BootstrapReadRequest;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.util.Hex;
import org.eclipse.leshan.core.util.datatype.ULong;
import org.eclipse.leshan.server.bootstrap.BootstrapConfig;
import org.eclipse.leshan.server.bootstrap.BootstrapConfigStoreTaskProvider;
import org.eclipse.leshan.server.bootstrap.BootstrapSession;
import org.eclipse.leshan.server.bootstrap.EditableBootstrapConfigStore;
import org.eclipse.leshan.server.bootstrap.InvalidConfigurationException;

/**
 * What each client is to be given: PUT and DELETE /api/bootstrap/EP. The body is Leshan's BootstrapConfig with bytes in hexadecimal
 * and the paths to read, {"toRead": ["/1"]}. HTTP 400 means that Leshan takes it for inconsistent.
 */
final class Configurations {
    private static final ObjectMapper JSON = JsonMapper.builder()
        .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_PROPERTIES) // Some of Leshan's names begin with a capital letter.
        .enable(DeserializationFeature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
        .addModule(new SimpleModule()
            .addDeserializer(byte[].class, new FromText<>(byte[].class, text -> Hex.decodeHex(text.toCharArray())))
            .addDeserializer(ULong.class, new FromText<>(ULong.class, ULong::valueOf))
            .addDeserializer(ContentFormat.class, new FromText<>(ContentFormat.class, ContentFormat::fromName)))
        .build();

    private final EditableBootstrapConfigStore store;

    public static final class Configuration extends BootstrapConfig {
        private static final long serialVersionUID = 1;

        public List<String> toRead = List.of();
    }

    /** Leshan's requests for a configuration, and before the Finish those of `toRead`. */
    static final class TaskProvider extends BootstrapConfigStoreTaskProvider {
        private final EditableBootstrapConfigStore store;

        TaskProvider(EditableBootstrapConfigStore store) {
            super(store);
            this.store = store;
        }

        @Override
        public Tasks getTasks(BootstrapSession session, List<LwM2mResponse> responses) {
            Tasks tasks = super.getTasks(session, responses);
            if (tasks != null && tasks.last && store.get(session) instanceof Configuration configuration) {
                configuration.toRead.forEach(path -> tasks.requestsToSend.add(new BootstrapReadRequest(path)));
            }
            return tasks;
        }
    }

    Configurations(EditableBootstrapConfigStore store) {
        this.store = store;
    }

    void serve(HttpExchange exchange) throws IOException {
        String endpoint = Program.decode(exchange.getRequestURI().getRawPath().substring("/api/bootstrap/".length()));
        int status = 200;
        Map<String, Object> answer = Map.of();
        try {
            if (exchange.getRequestMethod().equals("DELETE")) store.remove(endpoint);
            else store.add(endpoint, JSON.readValue(exchange.getRequestBody(), Configuration.class));
        } catch (IOException | InvalidConfigurationException e) {
            status = 400;
            answer = Map.of("errormessage", String.valueOf(e.getMessage()));
        }
        Program.answer(exchange, status, JSON.writeValueAsBytes(answer));
    }

    private static final class FromText<T> extends StdDeserializer<T> {
        private static final long serialVersionUID = 1;

        private final transient Function<String, T> parse;

        FromText(Class<T> type, Function<String, T> parse) {
            super(type);
            this.parse = parse;
        }

        @Override
        public T deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            return parse.apply(parser.getText());
        }
    }
}
