def column(name):
    return name.lower()
