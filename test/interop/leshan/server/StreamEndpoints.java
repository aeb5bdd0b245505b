import java.net.InetSocketAddress;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.core.network.serialization.TcpDataParser;
import org.eclipse.californium.core.network.serialization.TcpDataSerializer;
import org.eclipse.californium.elements.Connector;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.leshan.core.endpoint.EndPointUriHandler;
import org.eclipse.leshan.core.endpoint.EndpointUri;
import org.eclipse.leshan.core.endpoint.Protocol;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.endpoint.EffectiveEndpointUriProvider;
import org.eclipse.leshan.server.observation.LwM2mNotificationReceiver;
import org.eclipse.leshan.servers.security.ServerSecurityInfo;
import org.eclipse.leshan.transport.californium.Lwm2mEndpointContextMatcher;
import org.eclipse.leshan.transport.californium.identity.DefaultCoapsIdentityHandler;
import org.eclipse.leshan.transport.californium.identity.IdentityHandler;
import org.eclipse.leshan.transport.californium.server.endpoint.CaliforniumServerEndpointFactory;
import org.eclipse.leshan.transport.californium.server.endpoint.ServerProtocolProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coap.CoapServerEndpointFactory;
import org.eclipse.leshan.transport.californium.server.observation.LwM2mObservationStore;
import org.eclipse.leshan.transport.californium.server.observation.ObservationSerDes;

/**
 * coap+tcp, or coaps+tcp with certificates, for Leshan on Californium. Leshan's own endpoints for these are not in the registry.
 */
final class StreamEndpoints implements ServerProtocolProvider {
    private final boolean isSecure;

    StreamEndpoints(boolean isSecure) {
        this.isSecure = isSecure;
    }

    @Override
    public Protocol getProtocol() {
        return isSecure ? Protocol.COAPS_TCP : Protocol.COAP_TCP;
    }

    @Override
    public List<Configuration.ModuleDefinitionsProvider> getModuleDefinitionsProviders() {
        return CoapServerEndpointFactory.getModuleDefinitionsProviders();
    }

    @Override
    public void applyDefaultValue(Configuration configuration) {
        CoapServerEndpointFactory.applyDefaultValue(configuration);
    }

    @Override
    public CaliforniumServerEndpointFactory createDefaultEndpointFactory(EndpointUri uri, EndPointUriHandler handler) {
        return new Factory(uri, handler);
    }

    @Override
    public EndpointUri getDefaultUri(Configuration configuration, EndPointUriHandler handler) {
        return handler.createUri(getProtocol().getUriScheme(), new InetSocketAddress(0));
    }

    private final class Factory extends CoapServerEndpointFactory {
        private SSLContext tls;

        Factory(EndpointUri uri, EndPointUriHandler handler) {
            super(uri, null, null, null, handler);
        }

        @Override
        public Protocol getProtocol() {
            return StreamEndpoints.this.getProtocol();
        }

        @Override
        public CoapEndpoint createCoapEndpoint(Configuration configuration, ServerSecurityInfo security,
            LwM2mNotificationReceiver receiver, LeshanServer server, EffectiveEndpointUriProvider uriProvider) {
            try {
                if (isSecure) {
                    tls = StreamConnector.tlsOf(
                        security.getPrivateKey(), security.getCertificateChain(), List.of(security.getTrustedCertificates()));
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            return super.createCoapEndpoint(configuration, security, receiver, server, uriProvider);
        }

        @Override
        protected CoapEndpoint.Builder createEndpointBuilder(InetSocketAddress address, Configuration configuration,
            LwM2mNotificationReceiver receiver, LeshanServer server, EffectiveEndpointUriProvider uriProvider) {
            ObservationSerDes observations = new ObservationSerDes(new TcpDataParser(), new TcpDataSerializer());
            CoapEndpoint.Builder builder = super.createEndpointBuilder(address, configuration, receiver, server, uriProvider)
                .setObservationStore(
                    new LwM2mObservationStore(uriProvider, server.getRegistrationStore(), receiver, observations));
            return isSecure ? builder.setEndpointContextMatcher(new Lwm2mEndpointContextMatcher()) : builder;
        }

        @Override
        protected Connector createConnector(InetSocketAddress address, Configuration configuration) {
            return StreamConnector.server(address, tls);
        }

        @Override
        public IdentityHandler createIdentityHandler() {
            return isSecure ? new DefaultCoapsIdentityHandler() : super.createIdentityHandler();
        }
    }
}
