// SPDX-License-Identifier: Apache-2.0
//
// ews-javascript-api at our Exchange server: another client that others wrote. Arguments and JSON as
// of ews_stranger.py; contacts and tasks.
import { readFileSync } from "node:fs";
import ews from "ews-javascript-api";

const [url, address, password, what, folder] = process.argv.slice(2);
const service = new ews.ExchangeService(ews.ExchangeVersion.Exchange2013_SP1);
service.Credentials = new ews.WebCredentials(address, password);
service.Url = new ews.Uri(url);

const where = { contacts: ews.WellKnownFolderName.Contacts, tasks: ews.WellKnownFolderName.Tasks }[folder];
const text = (name) => [name.replace(/(^|_)(\w)/g, (_, __, c) => c.toUpperCase()), (v) => v, (v) => v ?? null];
const day = (property) => [property, (v) => new ews.DateTime(`${v}T00:00:00Z`), (v) => (v ? v.ToISOString().slice(0, 10) : null)];
const list = (property) => [property, (v) => new ews.StringList(v), (v) => v.GetEnumerator()];
const word = (property, type) => [property, (v) => ews[type][v], (v) => (typeof v === "number" ? ews[type][v] : v)];

// The name that the tests give it: property, value to set, value that was told.
const plain = {
    contacts: {
        ...Object.fromEntries(`display_name given_name middle_name company_name department job_title generation surname
assistant_name business_homepage manager profession spouse_name file_as`.split(/\s+/).map((name) => [name, text(name)])),
        nickname: ["NickName", (v) => v, (v) => v ?? null],
        business_homepage: ["BusinessHomePage", (v) => v, (v) => v ?? null],
        office: ["OfficeLocation", (v) => v, (v) => v ?? null],
        sensitivity: word("Sensitivity", "Sensitivity"),
        birthday: day("Birthday"),
        wedding_anniversary: day("WeddingAnniversary"),
        children: list("Children"),
        categories: list("Categories"),
    },
    tasks: {
        subject: text("subject"),
        sensitivity: word("Sensitivity", "Sensitivity"),
        importance: word("Importance", "Importance"),
        due_date: day("DueDate"),
        start_date: day("StartDate"),
        percent_complete: text("percent_complete"),
        status: word("Status", "TaskStatus"),
        actual_work: text("actual_work"),
        total_work: text("total_work"),
        categories: list("Categories"),
    },
}[folder];
const keyed = {
    emails: ["EmailAddresses", "EmailAddressKey", (v) => new ews.EmailAddress(v), (v) => v.Address],
    phones: ["PhoneNumbers", "PhoneNumberKey", (v) => v, (v) => v],
    places: ["PhysicalAddresses", "PhysicalAddressKey", (v) => Object.assign(new ews.PhysicalAddressEntry(),
        { Street: v[0], City: v[1], State: v[2], CountryOrRegion: v[3], PostalCode: v[4] }),
        (v) => [v.Street, v.City, v.State, v.CountryOrRegion, v.PostalCode]],
};

function fill(item, values) {
    for (const [name, value] of Object.entries(values)) {
        if (name === "body") {
            item.Body = new ews.MessageBody(ews.BodyType.Text, value);
        } else if (keyed[name]) {
            const [property, keys, make] = keyed[name];
            for (const [key, one] of Object.entries(value))
                item[property]._setItem(ews[keys][key], make(one));
        } else {
            const [property, make] = plain[name];
            item[property] = make(value);
        }
    }
}

function told(item) {
    const out = { id: item.Id.UniqueId, body: (item.Body.Text ?? "").replaceAll("\r\n", "\n") };
    for (const [name, [property, , tell]] of Object.entries(plain)) {
        out[name] = valueOf(item, property, tell);
    }
    for (const [name, [property, keys, , tell]] of Object.entries(folder === "contacts" ? keyed : {})) {
        out[name] = {};
        for (const key of Object.keys(ews[keys]).filter((k) => Number.isNaN(Number(k)))) {
            const found = {};
            if (item[property].TryGetValue(ews[keys][key], found) && found.outValue)
                out[name][key] = tell(found.outValue);
        }
    }
    return out;
}

// What the server did not tell is an exception there.
function valueOf(item, property, tell) {
    try {
        const value = item[property];
        return value === null || value === undefined ? null : tell(value);
    } catch (why) {
        if (why instanceof ews.ServiceObjectPropertyException)
            return null;
        throw why;
    }
}

async function all() {
    const found = await service.FindItems(where, new ews.ItemView(100));
    const shape = new ews.PropertySet(ews.BasePropertySet.FirstClassProperties);
    shape.RequestedBodyType = ews.BodyType.Text;
    const type = folder === "contacts" ? ews.Contact : ews.Task;
    return Promise.all(found.Items.map((item) => type.Bind(service, item.Id, shape)));
}

const input = () => JSON.parse(readFileSync(0, "utf8"));

if (what === "make") {
    const item = folder === "contacts" ? new ews.Contact(service) : new ews.Task(service);
    fill(item, input());
    await item.Save(where);
    console.log(JSON.stringify({ id: item.Id.UniqueId }));
} else {
    const items = await all();
    if (what === "change") {
        const values = input();
        for (const item of items) {
            fill(item, values);
            await item.Update(ews.ConflictResolutionMode.NeverOverwrite);
        }
    }
    if (what === "delete")
        for (const item of items)
            await item.Delete(ews.DeleteMode.MoveToDeletedItems, ews.SendCancellationsMode.SendToNone, ews.AffectedTaskOccurrence.AllOccurrences);
    console.log(JSON.stringify(what === "read" ? items.map(told) : (await all()).map(told)));
}
