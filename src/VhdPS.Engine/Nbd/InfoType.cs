namespace VhdPS.Engine.Nbd;

/// <summary>What a server says of an export in a reply of type <see cref="OptionReplyType.Info"/>.</summary>
internal enum InfoType : ushort
{
    Export = 0,
    Name = 1,
    Description = 2,
    BlockSize = 3,
}
