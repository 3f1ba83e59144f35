"""No credential is printed, whoever prints it.

mishards logs the URI of its database with the password (router/plugins/file_based_hash_ring_router.py: "Meta url"), and so may
any library in an error. The database object keeps a URI without it; and whatever is written passes here.
"""
import logging
import re
import sys
import traceback
from urllib.parse import unquote, urlsplit

IN_URI = re.compile(r'(\w://[^\s:/@]*:)[^\s/@]+@')
SHORT = 4  # characters; less would blacken half of every line


class Censor:
    """Knows what must not be seen."""

    def __init__(self, uri):
        password = urlsplit(uri).password or ''
        plain = unquote(password)
        # As the URI has it, as it is, as SQLAlchemy quotes it, and within the repr of something.
        forms = {password, plain, re.sub('[:@/]', lambda found: '%%%X' % ord(found.group()), plain), repr(plain)[1:-1]}
        self.secrets = sorted((form for form in forms if len(form) >= SHORT), key=len, reverse=True)

    def __call__(self, text):
        for secret in self.secrets:
            text = text.replace(secret, '***')
        return IN_URI.sub(r'\1***@', text) if '://' in text else text


class Stream:
    """Standard output or error."""

    def __init__(self, stream, censor):
        self.stream, self.censor = stream, censor

    def write(self, text):
        self.stream.write(self.censor(text))
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def __getattr__(self, name):
        return getattr(self.stream, name)


def protect(censor):
    """Before anything of mishards is imported: its handlers take the streams that they find."""
    sys.stdout, sys.stderr = Stream(sys.stdout, censor), Stream(sys.stderr, censor)
    make = logging.getLogRecordFactory()

    def record(*args, **kwargs):
        # For the files, too. What does not fit together is left to logging, which says so.
        made = make(*args, **kwargs)
        try:
            made.msg, made.args = censor(made.getMessage()), ()
        except Exception:
            pass
        if made.exc_info and made.exc_info[0] is not None:
            made.exc_text = censor(''.join(traceback.format_exception(*made.exc_info))).rstrip()
        return made

    logging.setLogRecordFactory(record)


def without_password(db):
    """Leaves the database object of mishards with a URI that may be printed."""
    db.uri = IN_URI.sub(r'\1***@', str(db.uri))
    if hasattr(db.url, 'set'):
        db.url = db.url.set(password='***')
    else:  # SQLAlchemy before 1.4
        db.url = type(db.url)(db.url.drivername, username=db.url.username, password='***', host=db.url.host,
                              port=db.url.port, database=db.url.database, query=db.url.query)
