//! Words of the page where a person signs in at the till.

words! {
    who: "¿Quién eres?", "Who are you?";
    enter_pin: "PIN de {name}", "{name}, your PIN";
    pin: "PIN", "PIN";
    digits_typed: "{n} dígitos escritos", "{n} digits typed";
    enter: "Entrar", "Sign in";
    checking: "Comprobando…", "Checking…";
    no_verifier: "Sin PIN en esta caja", "No PIN on this till";
    nobody: "Todavía no hay personal para esta caja", "No staff for this till yet";
    nobody_lead: "Llegará con la próxima sincronización. Si no llega, el propietario debe darte de alta en esta tienda.", "They arrive with the next sync. If not, the owner has to add you to this store.";
    key_in_file: "Este ordenador no tiene llavero: la clave de la caja está en un archivo protegido.", "This computer has no keyring: the till's key is in a protected file.";
}
