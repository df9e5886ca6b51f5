"""The words of the pages, one module a page: key to English and Chinese. `serving.texts` gathers them."""
