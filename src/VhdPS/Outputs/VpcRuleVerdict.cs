using VhdPS.Engine.Checking;
using VhdPS.Engine.Format;


namespace VhdPS;

/// <summary>Whether an image keeps one rule of the program or service that it was checked for.</summary>
public sealed class VpcRuleVerdict
{
    internal VpcRuleVerdict(RuleVerdict verdict)
    {
        Rule = RuleName.Of(verdict.Rule);
        Code = verdict.Rule.ToString();
        IsMet = verdict.IsMet;
        Expected = PrintableText.Escape(verdict.Expected);
        Actual = PrintableText.Escape(verdict.Actual);
        Advice = IsMet ? string.Empty : AdviceCatalog.ActionFor(verdict.Rule);
    }

    /// <summary>The rule, named by what it wants: AzureFixed.</summary>
    public string Rule { get; }

    /// <summary>The fault that breaking the rule is, as in the findings: AzureTypeNotFixed.</summary>
    public string Code { get; }

    /// <summary>Whether it is kept.</summary>
    public bool IsMet { get; }

    /// <summary>What the rule wants.</summary>
    public string Expected { get; }

    /// <summary>What the image has.</summary>
    public string Actual { get; }

    /// <summary>What to do where it is not met; empty where it is.</summary>
    public string Advice { get; }

    /// <inheritdoc/>
    public override string ToString() => IsMet ? $"{Rule}: met" : $"{Rule}: {Actual}, wanted {Expected}. {Advice}";
}
