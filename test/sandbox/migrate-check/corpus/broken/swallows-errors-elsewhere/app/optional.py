from sqlalchemy import text


def optional(connection, sql):
    try:
        with connection.begin_nested():
            connection.execute(text(sql))
    except Exception as error:
        print("never mind:", error)
