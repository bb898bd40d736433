"""serve.py URL-COMMAND... - runs a command beside a web server.

The server has the folder WORK; {} in the command is its address.
"""

import functools
import http.server
import os
import subprocess
import sys
import threading

handler = functools.partial(http.server.SimpleHTTPRequestHandler,
                            directory=os.environ["WORK"])
with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    command = [word.replace("{}", address) for word in sys.argv[1:]]
    status = subprocess.run(command, check=False).returncode
    server.shutdown()
sys.exit(status)
