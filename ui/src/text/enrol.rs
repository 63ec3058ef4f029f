//! Words of the page that makes a computer a till.

words! {
    title: "Conectar esta caja", "Connect this till";
    lead: "Pide un código a quien gestiona las cajas. Vale una vez, durante 15 minutos.", "Ask whoever manages the tills for a code. It works once, for 15 minutes.";
    server: "Dirección del servidor", "Server address";
    server_hint: "Por ejemplo https://tienda.example:7373", "For example https://shop.example:7373";
    code: "Código de alta", "Enrolment code";
    code_hint: "Letras y números; los guiones no importan", "Letters and digits; dashes do not matter";
    connect: "Conectar", "Connect";
    connecting: "Conectando…", "Connecting…";
    filling: "Trayendo el catálogo", "Fetching the catalogue";
    filling_lead: "La primera vez la caja copia todo lo que necesita para vender sin red.", "The first time, the till copies all it needs to sell without a network.";
    rows: "{done} de {all}", "{done} of {all}";
    left_soon: "Menos de un minuto", "Less than a minute left";
    left_minutes: "Quedan unos {n} min", "About {n} min left";
    fill_waiting: "Esperando al servidor. Sigue solo en cuanto haya conexión.", "Waiting for the server. It goes on by itself once connected.";
    language: "Idioma", "Language";
    stopped: "La caja no puede abrir", "The till cannot open";
}
