import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.model.ResourceModel.Operations;
import org.eclipse.leshan.core.model.ResourceModel.Type;

/** The objects that the library brings, two of the registry that it does not, and those of the files in a folder: setting `models`. */
final class Models {
    private Models() {}

    static List<ObjectModel> all() {
        List<ObjectModel> models = new ArrayList<>(ObjectLoader.loadAllDefault());
        models.add(temperature("1.0"));
        models.add(temperature("1.1"));
        models.add(testObject());
        String folder = System.getProperty("models");
        if (folder != null) models.addAll(ObjectLoader.loadObjectsFromDir(new File(folder), true));
        return models;
    }

    private static ObjectModel temperature(String version) {
        return new ObjectModel(3303, "Temperature", "", version, true, false,
            single(5700, "Sensor Value", Operations.R, Type.FLOAT),
            single(5701, "Sensor Units", Operations.R, Type.STRING),
            single(5601, "Min Measured Value", Operations.R, Type.FLOAT),
            single(5602, "Max Measured Value", Operations.R, Type.FLOAT),
            single(5603, "Min Range Value", Operations.R, Type.FLOAT),
            single(5604, "Max Range Value", Operations.R, Type.FLOAT),
            single(5605, "Reset Min and Max Measured Values", Operations.E, Type.NONE));
    }

    /** The LwM2M v1.1 Test Object: of each type a single resource, and a multiple one at its id plus 1000. */
    private static ObjectModel testObject() {
        List<ResourceModel> resources = new ArrayList<>();
        Map.of(110, Type.STRING, 120, Type.INTEGER, 125, Type.UNSIGNED_INTEGER, 130, Type.FLOAT, 140, Type.BOOLEAN,
            150, Type.OPAQUE, 160, Type.TIME, 170, Type.OBJLNK, 180, Type.CORELINK).forEach((id, type) -> {
                resources.add(single(id, type + " Value", Operations.RW, type));
                resources.add(new ResourceModel(id + 1000, "Multiple " + type + " Value", Operations.RW, true, false, type, "", "", ""));
            });
        return new ObjectModel(3442, "LwM2M v1.1 Test Object", "", "1.0", true, false, resources.toArray(ResourceModel[]::new));
    }

    private static ResourceModel single(int id, String name, Operations operations, Type type) {
        return new ResourceModel(id, name, operations, false, false, type, "", "", "");
    }
}
