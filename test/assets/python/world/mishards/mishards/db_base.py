from sqlalchemy import create_engine
from sqlalchemy.engine.url import make_url
from sqlalchemy.ext.declarative import declarative_base
from sqlalchemy.orm import scoped_session, sessionmaker


class DB:
    Model = declarative_base()

    def __init__(self):
        self.session_factory = scoped_session(sessionmaker())

    def init_db(
        self, uri, echo=False, pool_size=100, pool_recycle=5, pool_timeout=30, pool_pre_ping=True, max_overflow=0
    ):
        self.uri, self.url = uri, make_url(uri)
        self.engine = create_engine(
            uri, echo=echo, pool_size=pool_size, pool_recycle=pool_recycle, pool_timeout=pool_timeout,
            pool_pre_ping=pool_pre_ping, max_overflow=max_overflow,
        )  # fmt: skip
        self.session_factory.configure(bind=self.engine)

    @property
    def Session(self):
        return self.session_factory()

    def remove_session(self):
        self.session_factory.remove()
