"""Who the demo's people are: invented, but as applicants' names and papers are."""

from dataclasses import dataclass

PUNJAB = "University of the Punjab"
NUST = "National University of Sciences and Technology"
KARAKORAM = "Karakoram International University"
HEC_OFFICER, FOCAL_PERSON = "hec@demo.example", "focal@demo.example"
SECOND_FOCAL_PERSON, NEWCOMER = "focal.nust@demo.example", "applicant@demo.example"


@dataclass(frozen=True)
class Applicant:
    """One applicant: `on_card` is the name in the letters that a card prints."""

    email: str
    full_name: str
    university: str
    on_card: str = ""
    category: str = "student"
    language: str = "en"

    @property
    def printed(self) -> str:
        return self.on_card or self.full_name


COMPLETED = Applicant("zainab.malik@demo.example", "Zainab Malik", PUNJAB)
SPECIALIZING = Applicant(
    "usman.qureshi@demo.example",
    "محمد عثمان قریشی",
    PUNJAB,
    "Muhammad Usman Qureshi",
    language="ur",
)
IDLE = Applicant(
    "ayesha.dsouza@demo.example", "Dr. Ayesha D'Souza", PUNJAB, category="faculty", language="en"
)
NOT_ENROLLED = Applicant("fatima.noor@demo.example", "Fatima Noor", NUST)
REVOKED = Applicant("hassan.raza@demo.example", "Hassan Raza", NUST)
BY_HEC = Applicant("gul.zaman@demo.example", "Gul Zaman", KARAKORAM)
REJECTED = Applicant("imran.obrien@demo.example", "Imran O'Brien", PUNJAB)
WITHDRAWN = Applicant("kamran.shah@demo.example", "Kamran Shah", PUNJAB)
LONG_OVERDUE = Applicant("shabnam.bano@demo.example", "Shabnam Bano", KARAKORAM)
OVERDUE = Applicant("sana.javed@demo.example", "Sana Javed", PUNJAB)
ASKED = Applicant("nadia.khan@demo.example", "نادیہ خان", PUNJAB, "Nadia Khan", language="ur")
OVERDUE_TOO = Applicant("bilal.ahmed@demo.example", "Bilal Ahmed", PUNJAB)
DUE_TODAY = Applicant("usman.tariq@demo.example", "Usman Tariq", PUNJAB)
DUE_LATER = Applicant("maryam.iqbal@demo.example", "Maryam Iqbal", PUNJAB)
NEWEST = Applicant("hira.gilani@demo.example", "Hira Gilani", PUNJAB, category="staff")
AT_NUST = Applicant("omar.farooq@demo.example", "Omar Farooq", NUST)
UNFINISHED = Applicant("sadia.rehman@demo.example", "Sadia Rehman", PUNJAB)

APPLICANTS = (
    *(COMPLETED, SPECIALIZING, IDLE, NOT_ENROLLED, REVOKED, BY_HEC, REJECTED, WITHDRAWN),
    *(LONG_OVERDUE, OVERDUE, ASKED, OVERDUE_TOO, DUE_TODAY, DUE_LATER, NEWEST, AT_NUST, UNFINISHED),
)
