//! Words of the page where a person signs in at the till.

words! {
    who: "¿Quién eres?", "Who are you?";
    enter_pin: "PIN de {name}", "{name}, your PIN";
    pin: "PIN", "PIN";
    digit_typed: "{n} dígito escrito", "{n} digit typed";
    digits_typed: "{n} dígitos escritos", "{n} digits typed";
    enter: "Entrar", "Sign in";
    checking: "Comprobando…", "Checking…";
    no_verifier: "Sin PIN en esta caja", "No PIN on this till";
    nobody: "Todavía no hay personal para esta caja", "No staff for this till yet";
    nobody_lead: "Llegará con la próxima sincronización. Si no llega, el propietario debe darte de alta en esta tienda.", "They arrive with the next sync. If not, the owner has to add you to this store.";
    cart_waits_one: "Hay una venta a medias, de una línea: sigue con ella quien entre.", "A sale of one line is under way: whoever signs in goes on with it.";
    cart_waits: "Hay una venta a medias, de {n} líneas: sigue con ella quien entre.", "A sale of {n} lines is under way: whoever signs in goes on with it.";
    key_in_file: "Este ordenador no tiene llavero: la clave de la caja está en un archivo protegido.", "This computer has no keyring: the till's key is in a protected file.";
}
