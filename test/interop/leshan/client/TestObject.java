import java.util.List;
import org.eclipse.leshan.client.resource.BaseInstanceEnabler;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.core.response.WriteResponse;

/** An instance of the LwM2M v1.1 Test Object with a number and with bytes, which a server may write. Public as Leshan demands it. */
public final class TestObject extends BaseInstanceEnabler {
    private static final int FLOAT = 130;
    private static final int OPAQUE = 150;

    private double value = 21.5;
    private byte[] bytes = {};

    synchronized void setValue(double value) {
        this.value = value;
        fireResourceChange(FLOAT);
    }

    @Override
    public synchronized ReadResponse read(LwM2mServer server, int resource) {
        return switch (resource) {
            case FLOAT -> ReadResponse.success(resource, value);
            case OPAQUE -> ReadResponse.success(resource, bytes);
            default -> ReadResponse.notFound();
        };
    }

    @Override
    public synchronized WriteResponse write(LwM2mServer server, boolean replace, int id, LwM2mResource resource) {
        switch (id) {
            case FLOAT -> value = (Double) resource.getValue();
            case OPAQUE -> bytes = (byte[]) resource.getValue();
            default -> {
                return WriteResponse.notFound();
            }
        }
        fireResourceChange(id);
        return WriteResponse.success();
    }

    @Override
    public List<Integer> getAvailableResourceIds(ObjectModel model) {
        return List.of(FLOAT, OPAQUE);
    }
}
