"""A database session ends with the request that began it.

In mishards (router/plugins/file_based_hash_ring_router.py: _route) it ends on success alone. A collection that is not found, or a
database that went away, leaves its thread with a transaction for ever: the state of the database of then, or "Can't
reconnect until invalid transaction is rolled back" for every search.
"""
import functools
import time

from mishards import db, exceptions
from sqlalchemy.exc import SQLAlchemyError

from milvus_proxy import LOGGER

# A server that closes connections may close the next one, too; one that does not answer is not asked again and again.
TRY_AGAIN_FOR = 1  # second, from the beginning of the request


def end_session():
    try:
        db.remove_session()
    except Exception as error:
        LOGGER.warning('a database session could not be ended, and is dropped: %r', error)
        try:
            db.session_factory.registry().invalidate()  # or its connection stays taken
        finally:
            db.session_factory.registry.clear()


def with_session(routing):
    """The router's routing(), which only reads: a connection that broke meanwhile is not the client's affair."""

    @functools.wraps(routing)
    def wrapped(*args, **kwargs):
        until, tried = time.monotonic() + TRY_AGAIN_FOR, False
        try:
            while True:
                try:
                    return routing(*args, **kwargs)
                except (exceptions.DBError, SQLAlchemyError):  # the second from ending the session after success
                    if tried and time.monotonic() > until:
                        raise
                    if tried:
                        time.sleep(0.1)
                    tried = True
                    end_session()
        finally:
            end_session()

    return wrapped
