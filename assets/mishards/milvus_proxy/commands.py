"""What a client may ask the server through Cmd.

mishards (service_handler.py: _cmd) passes every command on to the writable, which has no passwords: any client would read the S3 keys and the
MySQL password of the cluster (get_config), or change its settings (set_config).
"""
import functools
import re

from milvus.client.types import Status

from milvus_proxy import LOGGER

SECRET = {'general.meta_uri', 'storage.s3_access_key', 'storage.s3_secret_key'}
# A name as the server's own file has it. The server splits at blanks and dots in ways of its own: nothing else gets there.
ONE_KEY = re.compile(r'get_config ([a-z0-9_]+(?:\.[a-z0-9_]+)+)')
ABOUT_CONFIG = re.compile(r'[^a-z]*[gs]et[^a-z]*config', re.IGNORECASE)


def refused(command):
    """Why a client may not give this command; None if it may."""
    key = ONE_KEY.fullmatch(command)
    if key is not None:
        return 'the value of %s is a secret' % key.group(1) if key.group(1) in SECRET else None
    if not ABOUT_CONFIG.match(command):
        return None
    return 'only "get_config <section>.<key>" of one key that is no secret is answered; settings are not changed here'


def restricted(cmd):
    """ServiceHandler._cmd that refuses."""

    @functools.wraps(cmd)
    def _cmd(self, command, metadata=None):
        reason = refused(command)
        if reason is None:
            return cmd(self, command, metadata=metadata)
        LOGGER.debug('a command of a client was refused: %s', reason)
        return Status(code=Status.PERMISSION_DENIED, message='refused by the proxy: ' + reason), ''

    return _cmd
