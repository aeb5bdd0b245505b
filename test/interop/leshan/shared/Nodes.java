import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.leshan.core.link.DefaultLinkSerializer;
import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.link.LinkParseException;
import org.eclipse.leshan.core.link.lwm2m.DefaultLwM2mLinkParser;
import org.eclipse.leshan.core.model.LwM2mModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.model.ResourceModel.Type;
import org.eclipse.leshan.core.node.LwM2mMultipleResource;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mObject;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mResourceInstance;
import org.eclipse.leshan.core.node.LwM2mRoot;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.node.ObjectLink;
import org.eclipse.leshan.core.util.Hex;
import org.eclipse.leshan.core.util.datatype.ULong;

/**
 * Leshan's nodes as flat JSON, {"/3/0/9": 100, "/3/0/7/0": 3800}, and back. An object or instance without anything below it and a
 * multiple resource without instances are null at their path. An integer that JavaScript would round is a string, a time is ISO
 * 8601, bytes are hexadecimal, an object link is "3:0", core links are as in their format. A number may come as a string, too.
 */
final class Nodes {
    private static final long MAX_SAFE_INTEGER = (1L << 53) - 1;

    private Nodes() {}

    // ── to JSON ──

    static Map<String, Object> flatten(LwM2mPath path, LwM2mNode node) {
        return flatten(Map.of(path, node));
    }

    /** A path of a composite operation that has no value has no node, and is left out. */
    static Map<String, Object> flatten(Map<LwM2mPath, LwM2mNode> nodes) {
        Map<String, Object> values = new LinkedHashMap<>();
        nodes.forEach((path, node) -> collect(path, node, values));
        return values;
    }

    private static void collect(LwM2mPath path, LwM2mNode node, Map<String, Object> values) {
        Map<Integer, ? extends LwM2mNode> content;
        if (node instanceof LwM2mRoot root) content = root.getObjects();
        else if (node instanceof LwM2mObject object) content = object.getInstances();
        else if (node instanceof LwM2mObjectInstance instance) content = instance.getResources();
        else if (node instanceof LwM2mResource resource && resource.isMultiInstances()) content = resource.getInstances();
        else {
            if (node instanceof LwM2mResource resource) values.put(path.toString(), plain(resource.getValue()));
            if (node instanceof LwM2mResourceInstance instance) values.put(path.toString(), plain(instance.getValue()));
            return;
        }
        if (content.isEmpty()) values.put(path.toString(), null);
        content.forEach((id, child) -> collect(path.append(id), child, values));
    }

    private static Object plain(Object value) {
        if (value instanceof Long number) return isSafe(number) ? number : number.toString();
        if (value instanceof ULong number) {
            long signed = number.longValue();
            return signed >= 0 && isSafe(signed) ? signed : number.toString();
        }
        if (value instanceof Date date) return date.toInstant().toString();
        if (value instanceof byte[] bytes) return Hex.encodeHexString(bytes);
        if (value instanceof ObjectLink link) return link.encodeToString();
        if (value instanceof Link[] links) return new DefaultLinkSerializer().serializeCoreLinkFormat(links);
        return value;
    }

    private static boolean isSafe(long number) {
        return number >= -MAX_SAFE_INTEGER && number <= MAX_SAFE_INTEGER;
    }

    // ── from JSON ──

    /** What a Write carries: the instance, resource or resource instance at `target`. */
    static LwM2mNode at(LwM2mPath target, JsonNode body, LwM2mModel model) {
        Collection<LwM2mResource> resources = resources(body, model).getOrDefault(target.toObjectInstancePath(), List.of());
        if (target.isObjectInstance()) return new LwM2mObjectInstance(target.getObjectInstanceId(), resources);
        for (LwM2mResource resource : resources) {
            if (resource.getId() != target.getResourceId()) continue;
            return target.isResourceInstance() ? resource.getInstance(target.getResourceInstanceId()) : resource;
        }
        throw new IllegalArgumentException("no value for " + target);
    }

    /** What a Create carries that names its instances. */
    static LwM2mObjectInstance[] instances(JsonNode body, LwM2mModel model) {
        List<LwM2mObjectInstance> instances = new ArrayList<>();
        resources(body, model).forEach((path, resources) ->
            instances.add(new LwM2mObjectInstance(path.getObjectInstanceId(), resources)));
        return instances.toArray(LwM2mObjectInstance[]::new);
    }

    /** What a Create carries that leaves the instance id to the client: {"110": "a", "1110/0": "b"}. */
    static Collection<LwM2mResource> unnamedInstance(LwM2mPath object, JsonNode body, LwM2mModel model) {
        ObjectNode named = JsonNodeFactory.instance.objectNode();
        body.fields().forEachRemaining(field -> named.set(object + "/0/" + field.getKey(), field.getValue()));
        return resources(named, model).getOrDefault(object.append(0), List.of());
    }

    /** What a Write-Composite carries: single resources and resource instances by their paths. */
    static Map<LwM2mPath, LwM2mNode> byPath(JsonNode body, LwM2mModel model) {
        Map<LwM2mPath, LwM2mNode> nodes = new TreeMap<>();
        resources(body, model).forEach((path, resources) -> {
            for (LwM2mResource resource : resources) {
                LwM2mPath place = path.append(resource.getId());
                if (!resource.isMultiInstances()) nodes.put(place, resource);
                else resource.getInstances().forEach((id, instance) -> nodes.put(place.append(id), instance));
            }
        });
        return nodes;
    }

    /** The resources by the path of their instance. */
    private static Map<LwM2mPath, Collection<LwM2mResource>> resources(JsonNode body, LwM2mModel model) {
        Map<LwM2mPath, Collection<LwM2mResource>> resources = new TreeMap<>();
        Map<LwM2mPath, Map<Integer, Object>> multiple = new TreeMap<>();
        body.fields().forEachRemaining(field -> {
            LwM2mPath path = new LwM2mPath(field.getKey());
            Collection<LwM2mResource> siblings = resources.computeIfAbsent(path.toObjectInstancePath(), key -> new ArrayList<>());
            if (path.isObjectInstance()) return;
            ResourceModel definition = model.getResourceModel(path.getObjectId(), path.getResourceId());
            JsonNode value = field.getValue();
            if (path.isResource() && !value.isNull()) {
                siblings.add(LwM2mSingleResource.newResource(definition.id, typed(definition.type, value), definition.type));
            } else {
                Map<Integer, Object> instances = multiple.computeIfAbsent(path.toResourcePath(), key -> new TreeMap<>());
                if (path.isResourceInstance()) instances.put(path.getResourceInstanceId(), typed(definition.type, value));
            }
        });
        multiple.forEach((path, instances) -> {
            Type type = model.getResourceModel(path.getObjectId(), path.getResourceId()).type;
            resources.get(path.toObjectInstancePath()).add(instances.isEmpty()
                ? new LwM2mMultipleResource(path.getResourceId(), type)
                : LwM2mMultipleResource.newResource(path.getResourceId(), instances, type));
        });
        return resources;
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
            case CORELINK -> links(value.asText());
            default -> value.asText();
        };
    }

    private static Link[] links(String text) {
        try {
            return new DefaultLwM2mLinkParser().parseCoreLinkFormat(text.getBytes(StandardCharsets.UTF_8));
        } catch (LinkParseException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
