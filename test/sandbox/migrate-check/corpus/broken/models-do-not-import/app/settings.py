import os

here = os.getcwd()
