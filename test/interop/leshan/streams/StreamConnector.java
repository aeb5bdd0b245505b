import com.mbed.coap.exception.CoapException;
import com.mbed.coap.packet.CoapPacket;
import com.mbed.coap.packet.CoapTcpPacketSerializer;
import com.mbed.coap.server.messaging.Capabilities;
import com.mbed.coap.server.messaging.CapabilitiesStorageImpl;
import com.mbed.coap.server.messaging.CoapTcpDispatcher;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ServerSocketFactory;
import javax.net.SocketFactory;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.eclipse.californium.core.coap.CoAP;
import org.eclipse.californium.elements.Connector;
import org.eclipse.californium.elements.EndpointContext;
import org.eclipse.californium.elements.EndpointContextMatcher;
import org.eclipse.californium.elements.RawData;
import org.eclipse.californium.elements.RawDataChannel;
import org.eclipse.californium.elements.TcpEndpointContext;
import org.eclipse.californium.elements.TlsEndpointContext;
import org.eclipse.californium.elements.util.StringUtil;

/**
 * CoAP over TCP, or over TLS with certificates on both sides (RFC 8323). Californium brings the messages, but neither the
 * connections nor their signals: frames are read and signals answered by java-coap.
 */
final class StreamConnector implements Connector {
    private static final int MAX_MESSAGE_BYTES = 65_536;

    private final AtomicInteger connections = new AtomicInteger();
    private final Map<InetSocketAddress, Link> links = new ConcurrentHashMap<>();
    private final InetSocketAddress address;
    private final SSLContext tls;
    private final boolean isServer;
    private final CoapTcpDispatcher signals = new CoapTcpDispatcher(
        this::signal,
        new CapabilitiesStorageImpl(),
        new Capabilities(MAX_MESSAGE_BYTES, true),
        request -> new CompletableFuture<>(),
        response -> false,
        notification -> false);
    private ServerSocket server;
    private volatile boolean isRunning;
    private RawDataChannel receiver;

    private record Link(Socket socket, EndpointContext context) {
        synchronized void write(byte[] bytes) throws IOException {
            socket.getOutputStream().write(bytes);
        }
    }

    private StreamConnector(InetSocketAddress address, SSLContext tls, boolean isServer) {
        this.address = address;
        this.tls = tls;
        this.isServer = isServer;
    }

    /** Listens; `tls` is null for TCP. */
    static StreamConnector server(InetSocketAddress address, SSLContext tls) {
        return new StreamConnector(address, tls, true);
    }

    /** Connects to whom there is something to send to. */
    static StreamConnector client(InetSocketAddress address, SSLContext tls) {
        return new StreamConnector(address, tls, false);
    }

    static SSLContext tlsOf(PrivateKey key, Certificate[] chain, Collection<Certificate> trusted) throws Exception {
        KeyStore own = emptyKeyStore();
        own.setKeyEntry("own", key, new char[0], chain);
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, new char[0]);
        KeyStore roots = emptyKeyStore();
        for (Certificate root : trusted) roots.setCertificateEntry(String.valueOf(roots.size()), root);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(roots);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return tls;
    }

    private static KeyStore emptyKeyStore() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    @Override
    public void start() throws IOException {
        isRunning = true;
        if (!isServer) return;
        ServerSocketFactory factory = tls == null ? ServerSocketFactory.getDefault() : tls.getServerSocketFactory();
        server = factory.createServerSocket(address.getPort(), 0, address.getAddress());
        if (server instanceof SSLServerSocket secure) secure.setNeedClientAuth(true);
        inBackground(this::accept);
    }

    @Override
    public void stop() {
        isRunning = false;
        try {
            if (server != null) server.close();
            for (Link link : links.values()) link.socket().close();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void destroy() {
        stop();
    }

    @Override
    public void send(RawData message) {
        try {
            Link link = linkTo(message.getInetSocketAddress());
            message.onContextEstablished(link.context());
            link.write(message.getBytes());
            message.onSent();
        } catch (IOException e) {
            message.onError(e);
        }
    }

    private synchronized Link linkTo(InetSocketAddress peer) throws IOException {
        Link known = links.get(peer);
        if (known != null) return known;
        if (isServer) throw new IOException("not connected");
        SocketFactory factory = tls == null ? SocketFactory.getDefault() : tls.getSocketFactory();
        Link link = open(factory.createSocket(peer.getAddress(), peer.getPort()));
        inBackground(() -> read(link));
        return link;
    }

    @Override
    public void setRawDataReceiver(RawDataChannel channel) {
        receiver = channel;
    }

    @Override
    public void setEndpointContextMatcher(EndpointContextMatcher matcher) {
        // A connection is found by the address of its other end.
    }

    @Override
    public InetSocketAddress getAddress() {
        return address;
    }

    @Override
    public String getProtocol() {
        return tls == null ? CoAP.PROTOCOL_TCP : CoAP.PROTOCOL_TLS;
    }

    @Override
    public boolean isRunning() {
        return isRunning;
    }

    @Override
    public void processDatagram(DatagramPacket datagram) {
        throw new UnsupportedOperationException();
    }

    private void accept() {
        while (isRunning()) {
            try {
                Socket socket = server.accept();
                inBackground(() -> welcome(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void welcome(Socket socket) {
        try (socket) {
            read(open(socket));
        } catch (IOException e) {
            // It is no client.
        }
    }

    private Link open(Socket socket) throws IOException {
        InetSocketAddress peer = (InetSocketAddress) socket.getRemoteSocketAddress();
        socket.setTcpNoDelay(true);
        Link link = new Link(socket, contextOf(socket, peer));
        links.put(peer, link);
        signals.onConnected(peer);
        return link;
    }

    private void read(Link link) {
        InetSocketAddress peer = link.context().getPeerAddress();
        try (Socket socket = link.socket()) {
            InputStream bytes = new BufferedInputStream(socket.getInputStream());
            while (true) take(CoapTcpPacketSerializer.deserialize(peer, bytes), link.context());
        } catch (IOException | CoapException e) {
            // The other end has left, or speaks something else.
        } finally {
            links.remove(peer);
            signals.onDisconnected(peer);
        }
    }

    private EndpointContext contextOf(Socket socket, InetSocketAddress peer) throws IOException {
        String id = String.valueOf(connections.incrementAndGet());
        long now = System.currentTimeMillis();
        if (!(socket instanceof SSLSocket secure)) return new TcpEndpointContext(peer, id, now);
        secure.startHandshake();
        SSLSession session = secure.getSession();
        String sessionId = StringUtil.byteArray2Hex(session.getId());
        return new TlsEndpointContext(peer, session.getPeerPrincipal(), id, sessionId, session.getCipherSuite(), now);
    }

    private void take(CoapPacket packet, EndpointContext context) throws IOException, CoapException {
        if (packet.getCode() != null && packet.getCode().isSignaling()) {
            signals.handle(packet);
            return;
        }
        byte[] bytes = CoapTcpPacketSerializer.serialize(packet);
        receiver.receiveData(RawData.inbound(bytes, context, false, System.nanoTime(), address));
    }

    private CompletableFuture<Boolean> signal(CoapPacket packet) {
        Link link = links.get(packet.getRemoteAddress());
        try {
            if (link != null) link.write(CoapTcpPacketSerializer.serialize(packet));
            return CompletableFuture.completedFuture(link != null);
        } catch (IOException | CoapException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static void inBackground(Runnable task) {
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        thread.start();
    }
}
