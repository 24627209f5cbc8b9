"""Settings of the Jupyter server that `course.py lab` starts; JUPYTER_CONFIG_PATH leads here."""

import os
import sys

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Sends each message of a kernel at once.

    A kernel answers a widget by two messages, "busy" and the answer. By default the system may hold the second one back
    until the browser has confirmed the first (Nagle's algorithm), and the browser takes its time (delayed
    acknowledgement): every other move of a slider then shows 40 ms later. See tornado's WebSocketHandler.set_nodelay.
    """

    def connect(self):
        self.websocket_handler.set_nodelay(True)
        return super().connect()


# Kernels behind a gateway have a connection of their own.
if "JUPYTER_GATEWAY_URL" not in os.environ and not any("gateway" in word.lower() for word in sys.argv):
    c.ServerApp.kernel_websocket_connection_class = PromptConnection  # noqa: F821 - Jupyter gives `c`
