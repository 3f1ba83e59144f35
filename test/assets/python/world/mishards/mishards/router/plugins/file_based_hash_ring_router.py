import logging
from collections import defaultdict

from sqlalchemy import exc, or_

from mishards import db, exceptions
from mishards.hash_ring import HashRing
from mishards.models import TableFiles, Tables
from mishards.router import RouterMixin

logger = logging.getLogger(__name__)
updated = defaultdict(dict)


class Factory(RouterMixin):
    name = 'FileBasedHashRingRouter'

    def routing(self, collection_name, partition_tags=None, metadata=None, **kwargs):
        mine = or_(Tables.table_id == collection_name, Tables.owner_table == collection_name)
        try:
            tables = db.Session.query(Tables).filter(mine, Tables.state == 0).all()
        except exc.SQLAlchemyError as error:
            raise exceptions.DBError(message=str(error), metadata=metadata)
        if not tables:
            logger.error('Cannot find collection %s in metadata. Meta url: %s', collection_name, db.url)
            raise exceptions.CollectionNotFoundError('%s not found in metadata' % collection_name, metadata=metadata)
        names = [table.table_id for table in tables]
        wanted = TableFiles.file_type.in_([1, 2, 3]), TableFiles.table_id.in_(names)
        try:
            files = db.Session.query(TableFiles).filter(*wanted).all()
        except exc.SQLAlchemyError as error:
            raise exceptions.DBError(message=str(error), metadata=metadata)
        db.remove_session()
        ring, routing = HashRing(self.readonly_topo.group_names), {}
        for file in files:
            name = ring.get_node(str(file.id))
            search, reload = routing.setdefault(name, ([], []))
            search.append(str(file.id))
            if updated[name].get(file.id, 0) < file.updated_time:
                updated[name][file.id] = file.updated_time
                reload.append(str(file.id))
        return routing


def setup(app):
    app.on_plugin_setup(Factory)
