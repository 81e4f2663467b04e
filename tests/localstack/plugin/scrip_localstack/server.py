"""The server itself."""

from localstack import config
from localstack.runtime.server import twisted
from twisted.internet import endpoints

# Longer than clients keep a connection that they don't use, so that none is closed while a request is on its way.
IDLE_SECONDS = 3600


def mend() -> None:
    """Applies the patches."""

    # Whatever GATEWAY_LISTEN says, the server listens on every interface: it hands the endpoint no address.
    class Loopback(endpoints.TCP4ServerEndpoint):
        def __init__(self, reactor, port, backlog=1024, interface=""):
            super().__init__(reactor, port, backlog, interface or config.GATEWAY_LISTEN[0].host)

    endpoints.TCP4ServerEndpoint = Loopback

    # A connection is closed after a minute without a request, which is when some clients still send one.
    class Patient(twisted.TwistedGateway):
        def __init__(self, gateway):
            super().__init__(gateway)
            self.timeOut = IDLE_SECONDS

    twisted.TwistedGateway = Patient
