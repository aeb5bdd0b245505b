import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.link.attributes.Attribute;
import org.eclipse.leshan.server.registration.Registration;

/** Registrations and links as JSON, with the names of Leshan's demo server. */
final class Descriptions {
    private Descriptions() {}

    static Map<String, Object> of(Registration registration) {
        Map<String, Object> description = new LinkedHashMap<>();
        description.put("endpoint", registration.getEndpoint());
        description.put("registrationId", registration.getId());
        description.put("address", registration.getAddress().getHostAddress() + ":" + registration.getPort());
        description.put("lwM2mVersion", registration.getLwM2mVersion().toString());
        description.put("lifetime", registration.getLifeTimeInSec());
        description.put("bindingMode", String.valueOf(registration.getBindingMode()));
        description.put("queuemode", registration.usesQueueMode());
        description.put("rootPath", registration.getRootPath());
        description.put("objectLinks", of(registration.getSortedObjectLinks()));
        description.put("additionalRegistrationAttributes", registration.getAdditionalRegistrationAttributes());
        return description;
    }

    static List<Object> of(Link[] links) {
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
