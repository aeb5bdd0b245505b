import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.cert.Certificate;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.elements.Connector;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.leshan.client.endpoint.ClientEndpointToolbox;
import org.eclipse.leshan.client.servers.ServerInfo;
import org.eclipse.leshan.core.endpoint.Protocol;
import org.eclipse.leshan.transport.californium.client.endpoint.CaliforniumClientEndpointFactory;
import org.eclipse.leshan.transport.californium.client.endpoint.coap.CoapClientEndpointFactory;
import org.eclipse.leshan.transport.californium.client.endpoint.coap.CoapClientProtocolProvider;
import org.eclipse.leshan.transport.californium.identity.DefaultCoapsIdentityHandler;
import org.eclipse.leshan.transport.californium.identity.IdentityHandler;

/** As those of the server, for a client. */
final class StreamEndpoints extends CoapClientProtocolProvider {
    private final boolean isSecure;

    StreamEndpoints(boolean isSecure) {
        this.isSecure = isSecure;
    }

    @Override
    public Protocol getProtocol() {
        return isSecure ? Protocol.COAPS_TCP : Protocol.COAP_TCP;
    }

    @Override
    public CaliforniumClientEndpointFactory createDefaultEndpointFactory() {
        return new Factory();
    }

    private final class Factory extends CoapClientEndpointFactory {
        private SSLContext tls;

        @Override
        public Protocol getProtocol() {
            return StreamEndpoints.this.getProtocol();
        }

        @Override
        public CoapEndpoint createCoapEndpoint(InetAddress address, Configuration configuration, ServerInfo server,
            boolean isClientInitiatedOnly, List<Certificate> trustStore, ClientEndpointToolbox toolbox) {
            try {
                if (isSecure) {
                    tls = StreamConnector.tlsOf(
                        server.privateKey, server.clientCertificates, trustStore);
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            return super.createCoapEndpoint(address, configuration, server, isClientInitiatedOnly, trustStore, toolbox);
        }

        @Override
        protected Connector createConnector(InetSocketAddress address, Configuration configuration) {
            return StreamConnector.client(address, tls);
        }

        @Override
        public IdentityHandler createIdentityHandler() {
            return isSecure ? new DefaultCoapsIdentityHandler() : super.createIdentityHandler();
        }
    }
}
