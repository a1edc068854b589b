"""`python -m toolvet.cli`, as the local service is started."""

from toolvet.cli.app import main

if __name__ == "__main__":
    main()
