import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.link.attributes.Attribute;

/** Links as JSON, with the names of Leshan's demo server. */
final class Links {
    private Links() {}

    static List<Object> describe(Link[] links) {
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
}
