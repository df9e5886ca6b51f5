"""`python -m cli` is `dealcast`."""

from cli.main import main

if __name__ == "__main__":
    main()
