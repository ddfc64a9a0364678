using System.Collections;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Elsewhere.Model;

namespace Elsewhere.Tests.Model;

/// <summary>
/// "Same as the current one? Stop." is only right if equality looks at every property of every record of the model. Each record is built, and built again with one
/// property flipped; the list of types is found, not kept.
/// </summary>
public sealed class ValueEqualitySpecs
{
    public static TheoryData<Type> Records()
    {
        var data = new TheoryData<Type>();
        foreach (var type in Reached(typeof(AliasSnapshot)).Union(Reached(typeof(ClusterView))).Union(Reached(typeof(ResolveOptions))))
            data.Add(type);
        return data;
    }

    [Fact]
    public void The_model_has_as_many_records_as_it_seems() => Assert.InRange(Records().Count, 20, 90);

    [Theory]
    [MemberData(nameof(Records))]
    public void Two_that_are_made_alike_are_equal(Type type)
    {
        var (left, right) = (Make(type, 1), Make(type, 1));
        Assert.NotSame(left, right);
        Assert.Equal(left, right);
        Assert.Equal(left.GetHashCode(), right.GetHashCode());
    }

    [Theory]
    [MemberData(nameof(Records))]
    public void A_flip_of_any_property_is_seen(Type type)
    {
        var constructor = ConstructorOf(type);
        var parameters = constructor.GetParameters();
        Assert.NotEmpty(parameters);
        for (var flipped = 0; flipped < parameters.Length; flipped++)
        {
            var arguments = parameters.Select((p, i) => Value(p.ParameterType, i == flipped ? 2 : 1)).ToArray();
            Assert.False(Make(type, 1).Equals(constructor.Invoke(arguments)), $"{type.Name}.{parameters[flipped].Name}");
        }
    }

    [Theory]
    [MemberData(nameof(Records))]
    public void Every_property_that_holds_state_is_given_to_the_constructor(Type type)
    {
        var given = ConstructorOf(type).GetParameters().Select(p => p.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        Assert.All(
            type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.SetMethod is not null),
            p => Assert.Contains(p.Name, given));
    }

    private static HashSet<Type> Reached(Type from)
    {
        var seen = new HashSet<Type>();
        var open = new Stack<Type>([from]);
        while (open.TryPop(out var type))
        {
            type = Nullable.GetUnderlyingType(type) ?? type;
            if (ItemOf(type) is { } item)
                open.Push(item);
            else if (type.Assembly == typeof(Alias).Assembly && !type.IsEnum && type != typeof(DnsName) && seen.Add(type))
                Array.ForEach(ConstructorOf(type).GetParameters(), p => open.Push(p.ParameterType));
        }

        return seen;
    }

    private static Type? ItemOf(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Seq<>) ? type.GetGenericArguments()[0] : null;

    private static ConstructorInfo ConstructorOf(Type type) =>
        type.GetConstructors().Where(c => !c.GetParameters().Any(p => p.ParameterType == type)).MaxBy(c => c.GetParameters().Length)!;

    private static object Make(Type type, int variant) =>
        ConstructorOf(type).Invoke([.. ConstructorOf(type).GetParameters().Select(p => Value(p.ParameterType, variant))]);

    private static object Value(Type type, int variant)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (ItemOf(type) is { } item)
        {
            var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(item))!;
            list.Add(Value(item, variant));
            return typeof(Seq).GetMethod(nameof(Seq.ToSeq))!.MakeGenericMethod(item).Invoke(null, [list])!;
        }

        if (type.IsEnum)
            return Enum.GetValues(type).GetValue(type == typeof(AddressFamily) ? (variant == 1 ? 2 : 3) : variant - 1)!;
        if (type == typeof(string))
            return new string('s', variant);
        if (type == typeof(int))
            return variant;
        if (type == typeof(byte))
            return (byte)variant;
        if (type == typeof(bool))
            return variant == 1;
        if (type == typeof(TimeSpan))
            return TimeSpan.FromSeconds(variant);
        if (type == typeof(IPAddress))
            return new IPAddress([10, 0, 0, (byte)variant]);
        if (type == typeof(DnsName))
            return DnsName.Parse($"n{variant}.example");
        return Make(type, variant);
    }
}
