from sqlalchemy import BigInteger, Column, Integer, String

from mishards import db


class Tables(db.Model):
    __tablename__ = 'Tables'
    id = Column(BigInteger, primary_key=True)
    table_id = Column(String(50))
    owner_table = Column(String(50))
    state = Column(Integer)


class TableFiles(db.Model):
    __tablename__ = 'TableFiles'
    id = Column(BigInteger, primary_key=True)
    table_id = Column(String(50))
    file_type = Column(Integer)
    updated_time = Column(BigInteger)
