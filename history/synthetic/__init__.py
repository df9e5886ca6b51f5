"""THE SYNTHETIC CRM GENERATOR: `generate(deals, seed)` gives a company's history and, apart, the planted truth."""

from history.synthetic.crm import Crm, generate
from history.synthetic.writing import write_folder

__all__ = ["Crm", "generate", "write_folder"]
