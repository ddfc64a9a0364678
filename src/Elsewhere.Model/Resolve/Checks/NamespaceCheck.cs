using System.Collections.Frozen;

namespace Elsewhere.Model;

/// <summary>
/// A client of a Pod asks for <c>example.com</c> under its search list first, so for <c>example.com.svc.cluster.local</c>: Service <c>example</c> of a
/// namespace <c>com</c> would answer.
/// </summary>
internal static class NamespaceCheck
{
    // Domains that clients dial every day. New ones that teams also use as names of environments (dev, app, shop, cloud, store) are left out on purpose: those
    // namespaces are everywhere, and a finding on each would train people to look away.
    private static readonly FrozenSet<string> TopLevelDomains =
        ("aero arpa asia biz cat club com coop edu gov info int jobs mil mobi museum name net online org post pro site tel top travel xxx xyz "
        + "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd cf cg ch ci ck cl cm cn co "
        + "cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn "
        + "hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm "
        + "mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb "
        + "sc sd se sg sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn "
        + "vu wf ws ye yt za zm zw").Split(' ').ToFrozenSet(StringComparer.Ordinal);

    public static void Run(CheckContext context, List<Finding> findings)
    {
        foreach (var name in context.Facts.Namespaces)
        {
            if (name != "svc" && !TopLevelDomains.Contains(name))
                continue;
            var (example, place) = Example(context, name);
            var message = name == "svc"
                ? $"in the namespace 'svc' a Service such as '{example}' answers for '{example}.svc', which clients take for a namespace's short form"
                : $"the namespace '{name}' is named like a top-level domain: its Service '{example}' answers for '{example}.{name}' on the internet, for every "
                    + "client whose search list is tried first";
            findings.Add(FindingCodes.NamespaceShadowsDomain.On(
                new ObjectRef("v1", "Namespace", "", name), "metadata.name", message, $"Take another name, such as '{name}-services'.", place));
        }
    }

    /// <summary>Namespaces that ask for the gateway.</summary>
    public static void Gateway(CheckContext context, List<Finding> findings)
    {
        foreach (var declared in context.Facts.View.Namespaces)
        {
            if (declared.GatewayDefault == true)
                findings.Add(ServiceCheck.WithoutGateway(new ObjectRef("v1", "Namespace", "", declared.Name), declared.Place));
        }
    }

    private static (string Service, SourcePlace? Place) Example(CheckContext context, string name)
    {
        SourcePlace? place = null;
        foreach (var declared in context.Facts.View.Namespaces)
        {
            if (declared.Name == name)
                place = declared.Place;
        }

        foreach (var alias in context.Aliases)
        {
            if (alias.Key.Namespace == name)
                return (alias.Key.Name, place ?? alias.Place);
        }

        return ("example", place);
    }
}
