import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.TimestampedLwM2mNode;
import org.eclipse.leshan.core.node.TimestampedLwM2mNodes;
import org.eclipse.leshan.core.response.ObserveCompositeResponse;
import org.eclipse.leshan.core.response.ObserveResponse;

/**
 * Nodes with their times as JSON, in Leshan's order: [{"time": "2026-11-22T05:25:49.5Z", "val": {"/3/0/9": 100}}]. What came without a
 * time has none, null; see {@link Nodes} for the values.
 */
final class TimedNodes {
    private TimedNodes() {}

    /** Of a single observation: empty when nothing came with a time. */
    static List<Object> describe(LwM2mPath path, ObserveResponse response) {
        List<Object> described = new ArrayList<>();
        for (TimestampedLwM2mNode node : nodesOf(response)) {
            described.add(describe(node.getTimestamp(), Nodes.flatten(path, node.getNode())));
        }
        return described;
    }

    /** Of a composite observation: empty when nothing came with a time. */
    static List<Object> describe(ObserveCompositeResponse response) {
        if (response.getTimestampedLwM2mNodes() != null) return describe(response.getTimestampedLwM2mNodes());
        return response.getTimestampedLwM2mNode() == null ? List.of() : describe(response.getTimestampedLwM2mNode());
    }

    static List<Object> describe(TimestampedLwM2mNodes nodes) {
        List<Object> described = new ArrayList<>();
        for (Instant time : nodes.getTimestamps()) described.add(describe(time, Nodes.flatten(nodes.getNodesAt(time))));
        return described;
    }

    private static List<TimestampedLwM2mNode> nodesOf(ObserveResponse response) {
        if (response.getTimestampedLwM2mNodes() != null) return response.getTimestampedLwM2mNodes();
        return response.getTimestampedLwM2mNode() == null ? List.of() : List.of(response.getTimestampedLwM2mNode());
    }

    private static Map<String, Object> describe(Instant time, Map<String, Object> values) {
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("time", time == null ? null : time.toString());
        described.put("val", values);
        return described;
    }
}
