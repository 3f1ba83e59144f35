import os
import sys

sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from mishards import create_app, settings  # noqa: E402

create_app(settings.DefaultConfig).run(port=settings.SERVER_PORT)
