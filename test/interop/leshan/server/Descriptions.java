import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.leshan.core.peer.LwM2mIdentity;
import org.eclipse.leshan.core.peer.PskIdentity;
import org.eclipse.leshan.core.peer.RpkIdentity;
import org.eclipse.leshan.core.peer.X509Identity;
import org.eclipse.leshan.core.util.Hex;
import org.eclipse.leshan.server.registration.Registration;

/** Registrations as JSON, with the names of Leshan's demo server. */
final class Descriptions {
    private Descriptions() {}

    static Map<String, Object> of(Registration registration) {
        Map<String, Object> description = new LinkedHashMap<>();
        description.put("endpoint", registration.getEndpoint());
        description.put("registrationId", registration.getId());
        description.put("address", registration.getAddress().getHostAddress() + ":" + registration.getPort());
        LwM2mIdentity identity = registration.getClientTransportData().getIdentity();
        if (identity instanceof PskIdentity psk) description.put("pskIdentity", psk.getPskIdentity());
        if (identity instanceof X509Identity x509) description.put("x509CommonName", x509.getX509CommonName());
        if (identity instanceof RpkIdentity rpk) {
            description.put("rawPublicKey", Hex.encodeHexString(rpk.getPublicKey().getEncoded()));
        }
        description.put("lwM2mVersion", registration.getLwM2mVersion().toString());
        description.put("lifetime", registration.getLifeTimeInSec());
        description.put("bindingMode", String.valueOf(registration.getBindingMode()));
        description.put("queuemode", registration.usesQueueMode());
        description.put("rootPath", registration.getRootPath());
        description.put("objectLinks", Links.describe(registration.getSortedObjectLinks()));
        description.put("additionalRegistrationAttributes", registration.getAdditionalRegistrationAttributes());
        return description;
    }
}
